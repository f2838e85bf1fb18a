// SPDX-License-Identifier: Apache-2.0
// SQLite's page cache for a whole process, in memory that is wiped: pages in the clear do not outlive their use there, nor the
// lock of an environment. SQLite's own keeps them until a connection is closed, and gives memory back as it is.
// Depends on: core, Botan (wiping), SQLite's sqlite3_pcache_methods2. Use: `sqlite::install_page_cache()`, first thing in main;
//      `sqlite::wipe_page_caches()` after a lock, to reach connections that are idle.
#pragma once

#include <keywright/core/result.hpp>

#include <botan/mem_ops.h>

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace keywright::sqlite {

namespace detail {

/// One cache, which SQLite has for each open file. A page is in use (pinned) while SQLite looks at it or has changed it; what
/// is not may go at any time, and is read again. Thread safety: concurrent.
class page_cache {
public:
    page_cache(int page_size, int extra_size, bool may_shrink)
        : page_size_(static_cast<std::size_t>(page_size)), extra_size_(static_cast<std::size_t>(extra_size)), may_shrink_(may_shrink),
          buckets_(256) {
        const std::scoped_lock alone(all().busy);
        all().caches.push_back(this);
    }
    page_cache(const page_cache&) = delete;
    page_cache& operator=(const page_cache&) = delete;
    ~page_cache() {
        const std::scoped_lock alone(all().busy);
        std::erase(all().caches, this);
        drop_if([](const page&) { return true; });
    }

    /// Those that are in use now go as soon as they are not.
    static void wipe_all() noexcept {
        const std::scoped_lock alone(all().busy);
        ++all().wipes;
        for (page_cache* each : all().caches) each->drop_unused();
    }

    // --- SQLite's methods ---

    /// Null where there is none of that number and none is to be made: 0 never, 1 while few are in use, 2 always.
    sqlite3_pcache_page* fetch(unsigned number, int make) {
        const std::scoped_lock alone(busy_);
        page** found = place_of(number);
        if (*found != nullptr) {
            if (!(*found)->is_used) take_out(**found);
            return *found;
        }
        if (make == 0 || (make == 1 && may_shrink_ && used_ >= limit_ - limit_ / 10)) return nullptr;
        grow();
        page* fresh = may_shrink_ && oldest_ != nullptr && count_ >= limit_ ? recycle() : allocate();
        if (fresh == nullptr) return nullptr;
        fresh->number = number;
        fresh->is_used = true;
        fresh->seen = all().wipes;
        page** place = place_of(number);
        fresh->next = *place;
        *place = fresh;
        ++count_;
        ++used_;
        return fresh;
    }
    void unpin(sqlite3_pcache_page* of, bool discards) {
        const std::scoped_lock alone(busy_);
        auto& it = *static_cast<page*>(of);
        it.is_used = false;
        --used_;
        put_last(it);
        if (discards || it.seen != all().wipes || (may_shrink_ && count_ > limit_)) drop(it);
    }
    void rename(sqlite3_pcache_page* of, unsigned number) {
        const std::scoped_lock alone(busy_);
        auto& it = *static_cast<page*>(of);
        if (page* other = *place_of(number); other != nullptr && !other->is_used) drop(*other);
        page** place = place_of(it.number);
        *place = it.next;
        it.number = number;
        place = &buckets_[number % buckets_.size()];
        it.next = *place;
        *place = &it;
    }
    void truncate(unsigned first) {
        const std::scoped_lock alone(busy_);
        drop_if([first](const page& each) { return each.number >= first; });
    }
    void limit(int pages) {
        const std::scoped_lock alone(busy_);
        limit_ = static_cast<std::size_t>(std::max(pages, 0));
        while (may_shrink_ && oldest_ != nullptr && count_ > limit_) drop(*oldest_);
    }
    int count() {
        const std::scoped_lock alone(busy_);
        return static_cast<int>(count_);
    }
    void drop_unused() noexcept {
        const std::scoped_lock alone(busy_);
        while (oldest_ != nullptr) drop(*oldest_);
    }

private:
    struct page : sqlite3_pcache_page {
        unsigned number = 0;
        bool is_used = false;
        std::uint64_t seen = 0;                   // how often all had been wiped when it was made
        page* next = nullptr;                     // in its bucket
        page *older = nullptr, *newer = nullptr;  // among those that are not used
    };
    struct registry {
        std::mutex busy;
        std::vector<page_cache*> caches;
        std::atomic<std::uint64_t> wipes{0};
    };
    static registry& all() {
        static auto& lasting = *new registry; // outlives connections that are closed at the very end
        return lasting;
    }
    static constexpr std::size_t head_size = (sizeof(page) + 15) / 16 * 16;

    std::size_t bytes_of_page() const noexcept { return page_size_ + extra_size_; }
    page* allocate() const noexcept {
        void* room = ::operator new(head_size + bytes_of_page(), std::nothrow);
        if (room == nullptr) return nullptr;
        auto* made = new (room) page;
        auto* content = static_cast<std::uint8_t*>(room) + head_size;
        std::fill_n(content, bytes_of_page(), std::uint8_t{0});
        made->pBuf = content;
        made->pExtra = content + page_size_;
        return made;
    }
    void wipe(page& it) const noexcept { Botan::secure_scrub_memory(it.pBuf, bytes_of_page()); }
    page* recycle() noexcept {
        page& it = *oldest_;
        leave(it);
        wipe(it);
        return &it;
    }
    /// Of one that is not used.
    void drop(page& it) noexcept {
        leave(it);
        wipe(it);
        ::operator delete(&it);
    }
    template <class Which>
    void drop_if(Which which) noexcept {
        for (page* each : buckets_) {
            while (each != nullptr) {
                page& it = *std::exchange(each, each->next);
                if (!which(it)) continue;
                if (it.is_used) --used_, put_last(it);
                drop(it);
            }
        }
    }

    /// Where the pointer to it stands, or would.
    page** place_of(unsigned number) noexcept {
        page** at = &buckets_[number % buckets_.size()];
        while (*at != nullptr && (*at)->number != number) at = &(*at)->next;
        return at;
    }
    void grow() {
        if (count_ < buckets_.size()) return;
        std::vector<page*> more(buckets_.size() * 2);
        for (page* each : buckets_) {
            while (each != nullptr) {
                page& it = *std::exchange(each, each->next);
                it.next = std::exchange(more[it.number % more.size()], &it);
            }
        }
        buckets_ = std::move(more);
    }
    void leave(page& it) noexcept {
        *place_of(it.number) = it.next;
        --count_;
        take_from_unused(it);
    }
    void take_out(page& it) noexcept {
        take_from_unused(it);
        it.is_used = true;
        it.seen = all().wipes;
        ++used_;
    }
    void put_last(page& it) noexcept {
        it.is_used = false;
        it.older = newest_;
        it.newer = nullptr;
        (newest_ == nullptr ? oldest_ : newest_->newer) = &it;
        newest_ = &it;
    }
    void take_from_unused(page& it) noexcept {
        (it.older == nullptr ? oldest_ : it.older->newer) = it.newer;
        (it.newer == nullptr ? newest_ : it.newer->older) = it.older;
        it.older = it.newer = nullptr;
    }

    const std::size_t page_size_, extra_size_;
    const bool may_shrink_;
    std::mutex busy_;
    std::vector<page*> buckets_;
    page *oldest_ = nullptr, *newest_ = nullptr;
    std::size_t count_ = 0, used_ = 0, limit_ = 100;
};

inline const sqlite3_pcache_methods2& page_cache_methods() noexcept {
    static const auto of = [](sqlite3_pcache* cache) { return reinterpret_cast<page_cache*>(cache); };
    static const sqlite3_pcache_methods2 all = [] {
        sqlite3_pcache_methods2 m{};
        m.iVersion = 1;
        m.xInit = [](void*) noexcept { return SQLITE_OK; };
        m.xShutdown = [](void*) noexcept {};
        m.xCreate = [](int size, int extra, int shrinks) noexcept -> sqlite3_pcache* {
            try {
                return reinterpret_cast<sqlite3_pcache*>(new page_cache(size, extra, shrinks != 0));
            } catch (const std::bad_alloc&) {
                return nullptr;
            }
        };
        m.xCachesize = [](sqlite3_pcache* c, int pages) noexcept { of(c)->limit(pages); };
        m.xPagecount = [](sqlite3_pcache* c) noexcept { return of(c)->count(); };
        m.xFetch = [](sqlite3_pcache* c, unsigned number, int make) noexcept -> sqlite3_pcache_page* {
            try {
                return of(c)->fetch(number, make);
            } catch (const std::bad_alloc&) {
                return nullptr;
            }
        };
        m.xUnpin = [](sqlite3_pcache* c, sqlite3_pcache_page* page, int discards) noexcept { of(c)->unpin(page, discards != 0); };
        m.xRekey = [](sqlite3_pcache* c, sqlite3_pcache_page* page, unsigned, unsigned number) noexcept { of(c)->rename(page, number); };
        m.xTruncate = [](sqlite3_pcache* c, unsigned first) noexcept { of(c)->truncate(first); };
        m.xDestroy = [](sqlite3_pcache* c) noexcept { delete of(c); };
        m.xShrink = [](sqlite3_pcache* c) noexcept { of(c)->drop_unused(); };
        return m;
    }();
    return all;
}

} // namespace detail

/// Gives SQLite this cache, for all databases of the process, encrypted or not. misused: SQLite is in use already; it takes one
/// only before anything else.
[[nodiscard]] inline result<void> install_page_cache() noexcept {
    if (const int code = sqlite3_config(SQLITE_CONFIG_PCACHE2, &detail::page_cache_methods()); code != SQLITE_OK)
        return fail(errc::misused, "sqlite: expected to be asked for the page cache before SQLite is used", code);
    return {};
}

/// Wipes every page in every such cache of the process that nothing is using now, and the others once nothing is; they are
/// read again when they are needed. A connection that meets a lock of its environment does it by itself. Nothing happens where
/// the cache was not installed. Thread safety: concurrent.
inline void wipe_page_caches() noexcept { detail::page_cache::wipe_all(); }

} // namespace keywright::sqlite

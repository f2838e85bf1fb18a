// SPDX-License-Identifier: Apache-2.0
// Lines of a stream, one after the other, in bounded memory: of a line that is too long only its length is kept.
#pragma once

#include "scenario.hpp"

#include <cstdio>
#include <cstring>

namespace simulate {

class line_source {
public:
    /// The stream stays the caller's.
    explicit line_source(std::FILE* from) : from_(from), buffer_(256 * 1024, '\0') {}

    /// False at the end, or when reading failed. The text is valid until the next call.
    bool next(std::string_view& text) {
        too_long_ = false;
        for (;;) {
            const char* const begin = buffer_.data() + begin_;
            if (const void* feed = std::memchr(begin, '\n', end_ - begin_)) return take(text, static_cast<const char*>(feed), 1);
            if (end_ - begin_ > max_line_bytes) too_long_ = true, begin_ = end_; // what follows of it is skipped as well
            if (!refill()) break;
        }
        const bool rest = end_ > begin_ || too_long_;
        return rest && take(text, buffer_.data() + end_, 0);
    }
    /// Whether the line was longer than it may be; its text is then cut.
    bool too_long() const { return too_long_; }
    bool failed() const { return std::ferror(from_) != 0; }

private:
    bool take(std::string_view& text, const char* end, std::size_t feed) {
        text = {buffer_.data() + begin_, static_cast<std::size_t>(end - buffer_.data()) - begin_};
        begin_ += text.size() + feed;
        too_long_ = too_long_ || text.size() > max_line_bytes;
        if (text.ends_with('\r')) text.remove_suffix(1);
        return true;
    }
    bool refill() {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        const std::size_t got = std::fread(buffer_.data() + end_, 1, buffer_.size() - end_, from_);
        end_ += got;
        return got > 0;
    }

    std::FILE* from_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool too_long_ = false;
};

} // namespace simulate

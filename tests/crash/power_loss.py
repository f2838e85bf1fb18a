# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after a power cut, from a journal of the crash shim.

The model is what POSIX promises and no more: bytes of a file are safe once the file was synced, a name in a folder is
safe once the folder was synced, and everything since may be there or not. `Disk` replays a journal; its images
are the states that a cut at the present point may leave:

    lost    nothing that was not synced
    names   unsynced names and sizes are there, unsynced bytes are not (what a journalling file system likes to do)
    data    unsynced bytes are there, unsynced names are not
    torn    names are there, and of every unsynced write its first half
    odd     of unsynced changes to names, every second one; no unsynced bytes
    even    the others
    any-N   of unsynced changes to names, and of each unsynced write's sectors, those that the N-th dice choose: in any
            order, torn anywhere

A removed file's bytes stay on the medium until something else takes their place. With each image come those of every
file that an image no longer names, as last synced: what had to be erased must not be found there either.

Files that are rebuilt after every crash (SQLite's -shm, lock files hold no bytes) can be left out by `volatile`.
"""
import fnmatch
import os
import random

SECTOR = 512
VARIANTS = ("lost", "names", "data", "torn", "odd", "even")


class Node:
    """A file or a folder, as the program sees it and as the medium holds it."""

    def __init__(self, folder):
        self.folder = folder
        self.now = {} if folder else bytearray()
        self.safe = {} if folder else bytearray()
        self.pending = []  # folder: changes to names; file: ("write", offset, data) and ("size", n)


def put(data, offset, piece):
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset:offset + len(piece)] = piece


def resize(data, size):
    if len(data) > size:
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))


class Disk:
    def __init__(self, root):
        """Everything that is below `root` now counts as synced long ago."""
        self.prefix = os.path.abspath(root)
        self.root = self._load(self.prefix)
        self.handles = {}
        self.files = list(self._files_below(self.root))  # every one that ever was
        self.said = b""
        self.applied = 0  # records

    def _load(self, path):
        node = Node(os.path.isdir(path))
        if node.folder:
            for name in os.listdir(path):
                node.now[name] = self._load(os.path.join(path, name))
            node.safe = dict(node.now)
        else:
            with open(path, "rb") as file:
                node.now = bytearray(file.read())
            node.safe = bytearray(node.now)
        return node

    @classmethod
    def _files_below(cls, folder):
        for node in folder.now.values():
            if node.folder:
                yield from cls._files_below(node)
            else:
                yield node

    def _parent(self, path):
        """The folder that holds a path's last name, and that name; (None, None) outside the root."""
        if not path.startswith(self.prefix + "/"):
            return None, None
        parts = path[len(self.prefix) + 1:].split("/")
        node = self.root
        for part in parts[:-1]:
            node = node.now[part]
        return node, parts[-1]

    def _node(self, path):
        if path == self.prefix:
            return self.root
        folder, name = self._parent(path)
        return folder.now.get(name) if folder else None

    def _rename(self, changes):
        """One change to names, in one or two folders: [(folder, name, node or None)]."""
        change = {"parts": changes, "safe": False}
        for folder, name, node in changes:
            if node is None:
                folder.now.pop(name, None)
            else:
                folder.now[name] = node
        for folder in {id(part[0]): part[0] for part in changes}.values():
            folder.pending.append(change)

    def apply(self, line):
        """One record of the journal. Returns its number."""
        number, kind, *rest = line.rstrip("\n").split("\t")
        getattr(self, "_do_" + kind)(*rest)
        self.applied += 1
        return int(number)

    def _do_say(self, data):
        self.said += bytes.fromhex(data)

    def _do_open(self, handle, path, created, truncated):
        folder, name = self._parent(path)
        if created == "1" and folder is not None:
            self.files.append(Node(False))
            self._rename([(folder, name, self.files[-1])])
        node = self._node(path)
        self.handles[handle] = node
        if truncated == "1" and node is not None:
            self._size(node, 0)

    def _size(self, node, size):
        resize(node.now, size)
        node.pending.append(("size", size))

    def _do_write(self, handle, offset, data):
        node, offset, data = self.handles[handle], int(offset), bytes.fromhex(data)
        put(node.now, offset, data)
        node.pending.append(("write", offset, data))

    def _do_truncate(self, handle, size):
        self._size(self.handles[handle], int(size))

    def _do_sync(self, handle):
        node = self.handles[handle]
        if node is None:
            return
        if node.folder:
            for change in node.pending:
                self._make_safe(change)
        else:
            node.safe = bytearray(node.now)
        node.pending = []

    @staticmethod
    def _make_safe(change):
        if change["safe"]:
            return
        change["safe"] = True
        for folder, name, node in change["parts"]:
            if node is None:
                folder.safe.pop(name, None)
            else:
                folder.safe[name] = node

    def _do_rename(self, old, new):
        (a, name_a), (b, name_b) = self._parent(old), self._parent(new)
        self._rename([(a, name_a, None), (b, name_b, a.now[name_a])])

    def _do_link(self, old, new):
        folder, name = self._parent(new)
        self._rename([(folder, name, self._node(old))])

    def _do_unlink(self, path):
        folder, name = self._parent(path)
        self._rename([(folder, name, None)])

    def _do_mkdir(self, path):
        folder, name = self._parent(path)
        self._rename([(folder, name, Node(True))])

    # --- what the medium may hold ---

    def image_and_residue(self, variant, volatile=()):
        """{relative path: bytes, or None for a folder} after a cut now, and the bytes of removed files that the medium still
        holds beside it."""
        found, named = {}, set()
        dice = random.Random(f"{variant} {self.applied}")
        self._collect(self.root, "", (variant, dice), volatile, found, named)
        return found, [bytes(node.safe) for node in self.files if id(node) not in named and node.safe]

    def _names(self, folder, how):
        variant, dice = how
        if variant in ("names", "torn"):
            return folder.now
        if variant in ("odd", "even") or variant.startswith("any-"):
            names = dict(folder.safe)
            changes = [change for change in folder.pending if not change["safe"]]
            if variant in ("odd", "even"):
                changes = changes[0 if variant == "odd" else 1::2]
            else:
                changes = [change for change in changes if change.setdefault(variant, dice.random() < 0.5)]
            for change in changes:
                for where, name, node in change["parts"]:
                    if where is folder and node is None:
                        names.pop(name, None)
                    elif where is folder:
                        names[name] = node
            return names
        return folder.safe

    @staticmethod
    def _bytes(node, how):
        variant, dice = how
        if variant == "data":
            return bytes(node.now)
        data = bytearray(node.safe)
        if variant.startswith("any-"):
            for kind, *rest in node.pending:
                if kind == "size":
                    if dice.random() < 0.5:
                        resize(data, rest[0])
                else:
                    offset, piece = rest
                    ends = [*range(offset - offset % SECTOR + SECTOR, offset + len(piece), SECTOR), offset + len(piece)]
                    for begin, end in zip([offset, *ends], ends):
                        if dice.random() < 0.5:
                            put(data, begin, piece[begin - offset:end - offset])
            return bytes(data)
        if variant in ("names", "torn"):
            for kind, *rest in node.pending:
                if kind == "size":
                    resize(data, rest[0])
                elif variant == "torn":
                    put(data, rest[0], rest[1][:len(rest[1]) // 2])
        return bytes(data)

    def _collect(self, folder, path, how, volatile, found, named):
        for name, node in self._names(folder, how).items():
            if any(fnmatch.fnmatch(name, pattern) for pattern in volatile):
                continue
            relative = path + name
            if node.folder:
                found[relative] = None
                self._collect(node, relative + "/", how, volatile, found, named)
            else:
                named.add(id(node))
                found[relative] = self._bytes(node, how)


def write_image(image, folder):
    os.makedirs(folder, mode=0o700)
    for path, data in sorted(image.items()):
        full = os.path.join(folder, path)
        if data is None:
            os.makedirs(full, mode=0o700, exist_ok=True)
        else:
            with open(os.open(full, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)

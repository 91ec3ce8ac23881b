// Spare copies of what only programs write and nobody can type again: passwords, the identity of the district, the
// broker's files. A power cut or a worn card may leave one cut off, garbled or gone; then its spare takes its
// place, what was found is put aside as `<file>.damaged`, and that is told until a person removes it.
//
// A spare lies in spares/ (0700, files 0600) under its file's path with '+' for '/':
//     anban-spare 1 <SHA-256 of the rest, hex>\n<the file's bytes>
// One whose sum is wrong counts as none. A file that is sound and differs from its spare was changed on purpose
// (a restored backup, a new identity): it becomes the spare.
//
// Threads: any; two at a time on one home are the caller's matter.
#pragma once

#include <filesystem>
#include <vector>

#include "gateway/config/load.hpp"

namespace anban {

// Sound files become spares, damaged ones are replaced by theirs. Every file that was damaged and every one that
// can't be mended is a fault (`config.<file>`). What has never been there is none.
[[nodiscard]] std::vector<config_fault> mend_credentials(const std::filesystem::path& dir);

// The broker's files alone: before the broker starts, whoever started first.
[[nodiscard]] std::vector<config_fault> mend_broker_files(const std::filesystem::path& dir);

// After one of them was written: as it is now is how it shall come back.
void keep_spares(const std::filesystem::path& dir);

} // namespace anban

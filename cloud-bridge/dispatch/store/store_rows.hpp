// Schema of DIR/alarms.db and its statements. The writer turns write sets into rows, the reader turns rows
// into cases. sqlite_store.cpp drives both from its thread; a simulation does so in virtual time, on a file system
// of its own.
//
// Threads: one each.
#pragma once

#include <filesystem>

#include "cloud-bridge/dispatch/store/sqlite.hpp"
#include "cloud-bridge/dispatch/store/sqlite_store.hpp"

namespace anban::dispatch {

class sqlite_store::writer {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<writer>, store_fault>
    open(const std::filesystem::path& path, const std::string& vfs = {});

    // Raises and commits the number of starts.
    [[nodiscard]] std::expected<std::uint32_t, store_fault> next_start();
    struct fault {
        store_fault why;
        bool file_failed = false; // never commit here again
    };
    // All or nothing.
    [[nodiscard]] std::expected<void, fault> commit(const std::vector<write_set>& batch, const moment& at);
    // Moves the WAL into the database if it is long, or if there is time.
    [[nodiscard]] std::expected<void, fault> checkpoint(bool idle);
    // The file is to be closed as it is.
    void give_up() { db_.leave_untouched(); }

private:
    [[nodiscard]] sqlite::status prepare();
    [[nodiscard]] sqlite::status put(const write_set& set, const moment& at);
    [[nodiscard]] sqlite::status put_revision(const write_set& set, utc_time at);
    [[nodiscard]] sqlite::status put_press(const write_set& set);
    [[nodiscard]] sqlite::status put_state(const write_set& set, utc_time at);
    [[nodiscard]] sqlite::status put_rest(const write_set& set, const moment& at);

    sqlite::connection db_;
    sqlite::statement revision_, conflict_, press_, state_, action_, timer_, end_timer_, due_, told_, seen_;
    bool dirty_ = false;
};

class sqlite_store::reader {
public:
    [[nodiscard]] static std::expected<std::unique_ptr<reader>, store_fault>
    open(const std::filesystem::path& path, const std::string& vfs = {});

    [[nodiscard]] std::expected<saved_state, store_fault> begin_with();
    [[nodiscard]] std::expected<std::optional<case_file>, store_fault> load(const case_key& key);
    [[nodiscard]] std::expected<std::vector<gateway_id>, store_fault> owners(const alarm_id& id);
    [[nodiscard]] std::expected<std::optional<revision_note>, store_fault> find_revision(const case_key& key,
                                                                                         revision_number number);
    [[nodiscard]] std::expected<bool, store_fault> has_press(const gateway_id& gateway, const cause& from);

private:
    [[nodiscard]] sqlite::status prepare();
    [[nodiscard]] sqlite::status read_notes(case_file& file);
    [[nodiscard]] sqlite::status read_newest(case_file& file, revision_number number);

    sqlite::connection db_;
    sqlite::statement case_, envelope_, revisions_, revision_count_, others_, presses_, press_count_, actions_,
        owners_, revision_, press_;
};

} // namespace anban::dispatch

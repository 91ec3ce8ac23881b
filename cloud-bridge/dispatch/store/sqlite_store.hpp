// The store in SQLite: DIR/alarms.db, WAL, synchronous=FULL, one read-write connection that also
// checkpoints, owned by the writer's thread; one read-only connection for the desk.
//
// Write sets are committed in groups: whatever waits, life safety first, at most limits::write_group in one
// transaction. There is no added wait. A commit that fails is undone; its sets are then tried one by one, and
// those that fail again every limits::commit_retry; nothing of them was told to anyone.
//
// A file on which a write, a sync or a checkpoint has failed is never committed to again: the kernel may call
// the next sync well without having what the failed one lost. What is committed in it is copied into a new
// file, checked and synced, the old one is set aside, and the sets that wait are committed to the new one. If
// no copy can be made that is tried every limits::copy_retry; until it works nothing is acknowledged.
//
// Threads: `submit`, `room` and reading are the desk's; `on_committed` and `on_fault` are called on the
// writer's thread and must only hand over.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "cloud-bridge/dispatch/desk/store.hpp"
#include "cloud-bridge/dispatch/store/sqlite.hpp"
#include "cloud-bridge/dispatch/words.hpp"

namespace anban::dispatch {

class sqlite_store final : public store {
public:
    class writer; // store_rows.hpp
    class reader;

    struct opened {
        std::unique_ptr<sqlite_store> kept;
        saved_state saved;
        std::string set_aside; // where a damaged database was moved; empty if none was
    };

    // A database that can't be read is set aside whole and a new one begun: the centre must hear alarms.
    [[nodiscard]] static outcome<opened> open(const std::filesystem::path& data);
    ~sqlite_store() override; // commits what waits

    struct events {
        std::function<moment()> clock; // the centre's
        std::function<void(std::vector<std::uint64_t> tickets, moment at)> on_committed;
        std::function<void(std::string why)> on_fault; // empty: well again
        // The file had failed; it lies at `aside`, and a copy serves on.
        std::function<void(std::string aside)> on_replaced;
    };
    void start(events e);

    [[nodiscard]] std::size_t room() const override;
    void submit(write_set set) override;
    [[nodiscard]] std::expected<std::optional<case_file>, store_fault> load(const case_key& key) override;
    [[nodiscard]] std::expected<std::vector<gateway_id>, store_fault> owners(const alarm_id& id) override;
    [[nodiscard]] std::expected<std::optional<revision_note>, store_fault>
    find_revision(const case_key& key, revision_number number) override;
    [[nodiscard]] std::expected<bool, store_fault> has_press(const gateway_id& gateway,
                                                             const cause& from) override;

private:
    sqlite_store();
    void run();
    [[nodiscard]] bool work(bool& stop);
    void put_back(std::vector<write_set>& sets);
    void report(std::string why);
    void lose_file(std::string why);
    [[nodiscard]] sqlite::status replace_file();
    template <class Read>
    [[nodiscard]] auto reading(Read read) -> decltype(read(std::declval<reader&>()));
    [[nodiscard]] std::vector<write_set> take_batch();
    [[nodiscard]] std::vector<write_set> commit_singly(std::vector<write_set>& batch, const moment& at);
    void tell_committed(const std::vector<write_set>& batch, const moment& at);

    std::filesystem::path path_;
    std::filesystem::path lost_; // the file that has failed; empty: none
    bool copied_ = false;        // a copy of it is made and waits beside it
    std::string aside_;          // where it was moved
    std::string trouble_;        // as last reported
    std::unique_ptr<writer> writer_;
    std::mutex reader_mutex_; // the reader is replaced with its file
    std::unique_ptr<reader> reader_;
    events events_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::array<std::deque<write_set>, 4> waiting_; // by lane
    std::size_t count_ = 0;
    bool stopping_ = false;
    std::jthread thread_;
};

} // namespace anban::dispatch

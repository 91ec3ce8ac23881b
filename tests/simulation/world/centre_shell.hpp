// anban-dispatch: the real arrivals, desk and rows of the store, on a disk in memory; in the place of its threads
// and its connection to the broker a shell in virtual time. An operator works at it.
//
// Threads: one.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "cloud-bridge/dispatch/desk/arrivals.hpp"
#include "cloud-bridge/dispatch/desk/desk.hpp"
#include "cloud-bridge/dispatch/store/store_rows.hpp"
#include "tests/simulation/checks/ledger.hpp"
#include "tests/simulation/clockwork/machine_clock.hpp"
#include "tests/simulation/disk/memory_disk.hpp"
#include "tests/simulation/network/broker.hpp"

namespace anban::simulation {

struct district_machine {
    machine_clock& clock;
    memory_disk& disk;
    broker& door;
    link& inside;
    trace& story;
    ledger& witness;
};

class centre_shell final : public process {
public:
    centre_shell(timeline& when, district_machine on, chance luck);

    void start();
    void kill();
    std::function<void()> on_disk_stopped;
    std::function<void()> on_no_start; // its service manager is to try again

    void set_commit_time(sim_time least, sim_time most) { commit_least_ = least, commit_most_ = most; }
    [[nodiscard]] dispatch::desk* desk() noexcept { return desk_.get(); }
    [[nodiscard]] const dispatch::desk* desk() const noexcept { return desk_.get(); }
    [[nodiscard]] sim_time up_for() const { return events().now() - began_; }

    // An operator's deed; what becomes of it shows on the desk.
    void ask(const std::string& alarm, dispatch::request what);

private:
    // What the desk calls its store: queues by lane as the real one, committed by the shell.
    class rows final : public dispatch::store {
    public:
        [[nodiscard]] std::size_t room() const override;
        void submit(dispatch::write_set set) override;
        [[nodiscard]] std::expected<std::optional<dispatch::case_file>, dispatch::store_fault>
        load(const dispatch::case_key& key) override {
            return reader->load(key);
        }
        [[nodiscard]] std::expected<std::vector<gateway_id>, dispatch::store_fault>
        owners(const alarm_id& id) override {
            return reader->owners(id);
        }
        [[nodiscard]] std::expected<std::optional<dispatch::revision_note>, dispatch::store_fault>
        find_revision(const dispatch::case_key& key, revision_number number) override {
            return reader->find_revision(key, number);
        }
        [[nodiscard]] std::expected<bool, dispatch::store_fault> has_press(const gateway_id& gateway,
                                                                           const cause& from) override {
            return reader->has_press(gateway, from);
        }
        [[nodiscard]] std::vector<dispatch::write_set> take_batch();
        void put_back(dispatch::write_set set) {
            waiting[static_cast<std::size_t>(set.via)].push_back(std::move(set));
        }
        void clear();

        std::unique_ptr<dispatch::sqlite_store::writer> writer;
        std::unique_ptr<dispatch::sqlite_store::reader> reader;
        std::array<std::deque<dispatch::write_set>, 4> waiting;
        std::size_t count = 0;
    };

    [[nodiscard]] dispatch::moment now() const {
        return {machine_.clock.wall(), machine_.clock.mono(), machine_.clock.boot_id()};
    }
    [[nodiscard]] std::expected<dispatch::saved_state, dispatch::store_fault> open_store();
    void stop_with_disk();
    void feed(const dispatch::input& in);
    void perform(dispatch::output& o);
    void arm();
    void commit_soon(sim_time wait);
    void commit();
    void connect();
    void hear(const packet& p);
    void work_off();

    // ---- The operator --------------------------------------------------------------------------------
    void look(const dispatch::case_key& key);
    void work_on(const dispatch::case_key& key);
    void look_around();

    district_machine machine_;
    chance luck_;
    rows rows_;
    std::unique_ptr<dispatch::desk> desk_;
    std::unique_ptr<dispatch::arrivals> arrivals_;
    std::shared_ptr<stream> receive_;
    sim_time began_{};
    bool committing_ = false;
    std::optional<mono_time> armed_;
    std::uint64_t armings_ = 0;
    sim_time commit_least_ = 300us;
    sim_time commit_most_ = 8ms;
    std::map<dispatch::case_key, bool> looked_after_; // an operator has it in mind
    std::uint64_t tokens_ = 0;
};

} // namespace anban::simulation

#include "gateway/daemon/health/self_watch.hpp"

#include <thread>

#include <boost/asio/post.hpp>

#include "gateway/config/credentials/secrets.hpp"
#include "gateway/daemon/health/box_faults.hpp"
#include "gateway/daemon/health/limits.hpp"
#include "gateway/daemon/log.hpp"
#include "gateway/ingest/burst_probe.hpp"
#include "gateway/threads/give_way.hpp"

namespace anban {

bool self_watch::look(const senses& now) {
    const mono_time at = of_.now();
    const auto path = bird_.look(at, now.listens, now.ear_waits);
    if (path.send) {
        if (now.listens)
            of_.sing(*path.send);
        else
            judge(*path.send);
    }
    if (now.listens && !probed_ && at - connected_at_ > limits::broker_probed_after) probe_broker();
    // While a callback waits for the disk nothing is received; that is the disk's fault, not the broker's.
    const bool deaf = now.broker_up && now.since_beat && *now.since_beat > limits::beat_overdue && !now.ear_waits;
    of_.feed(box_faults::broker_deaf(deaf || path.stuck == canary::part::broker));
    of_.feed(box_faults::core_slow(path.stuck == canary::part::core));
    of_.feed(box_faults::journal_stuck(path.stuck == canary::part::journal));
    return !deaf && path.well;
}

void self_watch::broker_connected() {
    probed_ = false;
    connected_at_ = of_.now();
}

void self_watch::heard(std::uint64_t canary, mono_time at) {
    bird_.heard(canary, at);
    judge(canary);
}

// Through the core as everything goes, then through the journal's thread.
void self_watch::judge(std::uint64_t canary) {
    of_.feed(tick{});
    const mono_time at = of_.now();
    bird_.judged(canary, at);
    of_.pass(canary, bird_.commit_due(at));
}

// Whether the broker keeps a burst is tried once a connection, in a thread that nobody waits for; where it
// couldn't be tried there is no verdict.
void self_watch::probe_broker() {
    probed_ = true;
    std::thread{[this, broker = of_.broker(), id = random_hex(16)] {
        give_way();
        const auto kept = probe_burst(broker, id, presses_at_once, limits::probe_patience);
        if (!kept) return log::say(log::level::warning, "broker-not-probed", "why=\"{}\"", kept.error());
        boost::asio::post(io_,
                          [this, kept = *kept] { of_.feed(box_faults::broker_limits(kept, presses_at_once)); });
    }}.detach();
}

} // namespace anban

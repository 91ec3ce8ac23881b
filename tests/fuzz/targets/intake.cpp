// The dispatch desk hears gateways: valid messages, mutated ones and any bytes, with commits, crashes of the
// centre, operators' deeds and time between them.
#include "cloud-bridge/dispatch/limits.hpp"
#include "tests/cloud-bridge/dispatch/desk_world.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

using namespace dispatch;
using namespace dispatch::testing;

enum step : std::uint8_t { alarm, mutated, told, raw, commit, crash, deed_of, pass, last };

class centre {
public:
    void play(std::string_view input) {
        constexpr std::size_t most_steps = 64;
        parts in{input};
        for (std::size_t n = 0; n < most_steps && !in.at_end(); ++n) one(in);
        // A commit may start what is due, which is written in its turn.
        world_.tick();
        constexpr int turns = 8;
        for (int n = 0; n < turns && !world_.kept.waiting.empty(); ++n) world_.commit();
        must(world_.kept.waiting.empty(), "a desk that never stops writing");
        weigh();
    }

private:
    void one(parts& in) {
        switch (static_cast<step>(in.byte() % last)) {
        case alarm: hear(gw1, message(in)); break;
        case mutated: {
            std::string bytes = message(in);
            bytes[in.two() % bytes.size()] = static_cast<char>(in.byte());
            if (in.byte() % 8U == 0) bytes.resize(in.two() % bytes.size());
            hear(in.byte() % 2U == 0 ? gw1 : gw2, std::move(bytes));
            break;
        }
        case told: hear(gw1, other_message(in)); break;
        case raw: hear(gw2, std::string{in.sized(in.two())}); break;
        case commit:
            world_.commit(1U + in.byte());
            acknowledged();
            break;
        case crash: world_.restart(); break;
        case deed_of: {
            const std::uint8_t which = in.byte() % 4U;
            const auto what = static_cast<deed>(in.byte() % 4U);
            const std::uint32_t epoch = in.byte() % 4U;
            request asked{what, in.byte() % 2U == 0 ? "li" : "wang", epoch, {1, in.byte()}, "test", "看过"};
            (void)world_.ask(which, std::move(asked));
            break;
        }
        default:
            world_.now += std::chrono::seconds{1} * in.two();
            world_.tick();
            break;
        }
    }

    [[nodiscard]] static std::string message(parts& in) {
        alarm_revision r = sos(in.byte() % 4U, 1U + in.byte() % 8U, in.byte() % 2U == 0);
        r.number.start = 1U + in.byte() % 2U;
        r.phase = static_cast<alarm_phase>(1U + in.byte() % 4U);
        r.of = static_cast<alarm_class>(1U + in.byte() % 4U);
        r.press_count = in.byte();
        r.because = std::string{in.sized(in.byte() % 16U)};
        return bytes_of(in.byte() % 4U == 0 ? gw2 : gw1, std::move(r), static_cast<lane>(in.byte() % 4U));
    }

    [[nodiscard]] static std::string other_message(parts& in) {
        switch (in.byte() % 3U) {
        case 0: {
            wire::birth b{in.two(), in.byte(), "0.1.0", {}, "host"};
            for (std::size_t n = in.byte() % 4U; n > 0; --n) {
                b.open.push_back({alarm_number(in.byte() % 6U),
                                  {1, in.byte()},
                                  static_cast<alarm_progress>(1U + in.byte() % 4U)});
            }
            return bytes_of(gw1, std::move(b));
        }
        case 1: return bytes_of(gw1, wire::death{in.two()});
        default: return bytes_of(gw1, wire::heartbeat{in.byte(), in.byte(), in.byte()}, lane::p3);
        }
    }

    void hear(const gateway_id& speaker, std::string bytes) {
        const auto read = wire::decode(bytes);
        const bool own = read && read->from.gateway == speaker;
        world_.tick(); // what is due goes first
        const std::size_t refused = refusals();
        const std::size_t waiting = world_.kept.waiting.size();
        world_.hear(speaker, std::move(bytes));
        for (std::size_t i = waiting; i < world_.kept.waiting.size(); ++i) {
            const write_set& set = world_.kept.waiting[i];
            must(set.key.gateway == speaker, "a gateway wrote another's row");
            must(own || (!set.revision && !set.state && !set.press),
                 "what can't be read, or isn't its own, was kept");
        }
        must(own || refusals() == refused + 1, "refused, and not counted");
        must(own || world_.shown.empty(), "refused, and shown");
        acknowledged();
    }

    // An Ack of the last step names what the store has.
    void acknowledged() const {
        for (std::size_t i = 0; i < world_.sent.size(); ++i) {
            const auto* ack = std::get_if<wire::ack>(&world_.sent[i].what);
            if (ack == nullptr) continue;
            const auto key = std::pair{case_key{world_.sent[i].gateway, ack->alarm}, ack->revision};
            must(world_.kept.revisions.contains(key), "acknowledged and not stored");
        }
    }

    [[nodiscard]] std::size_t refusals() const {
        std::size_t all = 0;
        for (const auto& [id, facts] : world_.d->gateways()) all += facts.refused;
        return all;
    }

    void weigh() {
        for (const case_file* file : world_.d->list(which::all, SIZE_MAX)) {
            const auto row = world_.kept.rows.find(file->key);
            must(row != world_.kept.rows.end(), "a case that the store hasn't got");
            must(row->second.now == file->now, "a case that stands otherwise in the store");
        }
    }

    world world_;
};

} // namespace

void try_one(std::string_view input) {
    centre{}.play(input);
}

std::vector<std::string> seeds() {
    using namespace std::string_literals;
    const auto alarm_is = [](char id, char n, char press = 0) {
        return "\0"s + id + n + press + "\0\1\0\1\0\1\0"s;
    };
    const std::string taken = "\6\1\0\0\0\1"s;
    return {alarm_is(1, 0) + "\4\7"s + taken + alarm_is(1, 1) + "\4\7"s + "\6\1\3\1\0\1"s + "\4\7"s,
            alarm_is(1, 0) + alarm_is(1, 0) + alarm_is(2, 3) + "\5"s + alarm_is(2, 3) + "\4\7"s,
            "\2\0\1\0\3\2\1\1\0\4\2\2"s + "\2\2\1\1\1"s + "\2\1\1\0"s + "\7\xff\0"s,
            "\1"s + alarm_is(1, 0).substr(1) + "\x0a\0\xff\1\0"s + "\1"s + alarm_is(3, 0).substr(1) +
                "\4\0\0\0\7\0\1"s,
            "\3\5\0abcde"s + alarm_is(0, 0) + "\4\377\7\xff\xff\7\xff\xff"s};
}

} // namespace anban::fuzz

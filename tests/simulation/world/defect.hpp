// Faults that nobody made: mistakes of a programmer, put into the run on purpose to show that the invariants find
// them. They live in the simulation's own shell, which stands where the daemon's stands; the one in the core, an
// alarm's id that is drawn, is put in by the linker of the simulation's programs (drawn_id.cpp). No program of the
// house has any of this.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anban::simulation {

enum class defect : std::uint8_t {
    none,
    answer_before_commit,     // a device has its answer while the disk has nothing
    drawn_id,                 // an alarm's id is new after each start
    forgotten_on_puback,      // the outbox takes the broker's word for the centre's
    deadline_not_persisted,   // the rules' timers are not in the journal
    revision_reused,          // a start goes by the number of the one before
    retained_press_is_an_edge // what the broker kept is taken for live
};

inline constexpr std::array all_defects{defect::answer_before_commit, defect::drawn_id,
                                        defect::forgotten_on_puback,  defect::deadline_not_persisted,
                                        defect::revision_reused,      defect::retained_press_is_an_edge};

[[nodiscard]] constexpr std::string_view name_of(defect d) noexcept {
    switch (d) {
    case defect::answer_before_commit: return "answer-before-commit";
    case defect::drawn_id: return "drawn-id";
    case defect::forgotten_on_puback: return "forgotten-on-puback";
    case defect::deadline_not_persisted: return "deadline-not-persisted";
    case defect::revision_reused: return "revision-reused";
    case defect::retained_press_is_an_edge: return "retained-press-is-an-edge";
    case defect::none: break;
    }
    return "none";
}

} // namespace anban::simulation

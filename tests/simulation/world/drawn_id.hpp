// The one deliberate defect that lives in the core: the linker puts this room's function in the place of
// derive_alarm_id, in the simulation's programs alone (--wrap, see CMakeLists.txt). Off, it passes every call on.
//
// Threads: one simulation a process.
#pragma once

namespace anban::simulation {

void draw_ids(bool on);
// The daemon starts: what it draws from now on differs.
void draw_ids_anew();

} // namespace anban::simulation

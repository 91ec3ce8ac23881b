// A recording as text.
#include <cmath>
#include <sstream>

#include "gateway/recordings/recording_file.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {

void try_one(std::string_view input) {
    std::istringstream from{std::string{input}};
    const auto read = read_recording(from, "f.csv");
    if (!read) {
        must(read.error().starts_with("f.csv"), "refused without saying where");
        return;
    }
    for (const sample& s : read->samples) {
        must(s.device < read->where.devices.size() && std::isfinite(s.value), "a sample of no device or no value");
    }
    std::ostringstream once;
    write_recording(once, *read);
    std::istringstream back{once.str()};
    const auto again = read_recording(back, "f.csv");
    must(again.has_value(), "what was written can't be read");
    must(again->samples.size() == read->samples.size(), "a sample is lost");
    for (std::size_t i = 0; i < read->samples.size(); ++i) {
        const sample& a = read->samples[i];
        const sample& b = again->samples[i];
        must(a.what == b.what && a.value == b.value && a.how == b.how, "written again it differs");
        must(read->where.devices[a.device].id == again->where.devices[b.device].id, "it is another device's");
    }
}

std::vector<std::string> seeds() {
    return {"# zone +08:00\n# device mat-1 reports_every 60 s\ntime,device,subject,room,signal,value,quality\n"
            "2026-11-01T08:15:00.250Z,mat-1,resident:r-wang,bedroom,bed_occupied,1,good\n"
            "2026-11-01T08:16:00Z,pir-1,home,kitchen,motion,1,suspect\n"
            "2026-11-01T08:16:00Z,mat-1,bed:bed-1,bedroom,heart_rate,61.5,unknown\n",
            "start,end,sensor_id,name,kind,place\n"
            "2026-11-01 08:15:00,2026-11-01 08:16:30,5,M1,motion,Kitchen\n"
            "2026-11-01 09:15:00,2026-11-01 09:16:30,6,D1,contact,Front Door\n"};
}

} // namespace anban::fuzz

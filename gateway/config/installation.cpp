#include "gateway/config/installation.hpp"

#include "gateway/config/care_plan.hpp"

#include <utility>

namespace anban {
namespace {

[[nodiscard]] std::vector<signal> by_role(const device& d) {
    if (d.driver == "native") {
        switch (d.role) {
        case device_role::call_button: return {signal::sos, signal::service, signal::battery};
        case device_role::fall_detector: return {signal::fall, signal::cancel, signal::battery};
        case device_role::vitals_band:
            return {signal::heart_rate, signal::respiration, signal::spo2, signal::temperature, signal::battery};
        case device_role::bed_mat: return {signal::bed_occupied, signal::heart_rate, signal::respiration};
        case device_role::sensor:
        case device_role::indicator: break;
        }
        return {};
    }
    if (d.role == device_role::call_button) return {signal::sos};
    if (d.role == device_role::fall_detector) return {signal::fall};
    return {};
}

[[nodiscard]] subject whose(const house& h, const device& d) {
    if (!d.owner.empty()) return {subject::kind::resident, d.owner.str()};
    if (const auto* on = h.find_bed(d.bed); on != nullptr) {
        if (!on->owner.empty()) return {subject::kind::resident, on->owner.str()};
        return {subject::kind::bed, on->id.str()};
    }
    return {};
}

} // namespace

installation installation_of(const house& h, zone_table zone) {
    installation where;
    for (const auto& d : h.devices) {
        installed_device i;
        i.id = d.id;
        i.who = whose(h, d);
        i.room = d.room;
        if (d.reports_every) i.reports_every = *d.reports_every;
        i.provides = d.provides.empty() ? by_role(d) : d.provides;
        i.family = d.driver;
        where.devices.push_back(std::move(i));
    }
    for (const auto& r : h.residents) where.plans.push_back(plan_of(r));
    for (const auto& b : h.beds)
        if (b.owner.empty()) where.free_beds.push_back(b.id);
    for (const auto& r : h.rooms) where.rooms.push_back(r.id);
    where.zone = std::move(zone);
    return where;
}

} // namespace anban

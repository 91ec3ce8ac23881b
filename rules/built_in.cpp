#include "rules/rule.hpp"

namespace anban {

using namespace std::chrono_literals;

rule_set built_in_rules() {
    rule sos;
    sos.id = rule_id{"sos"};
    sos.title_zh = "呼救";
    sos.title_en = "SOS";
    sos.of = alarm_class::life_safety;
    sos.urgency = priority::high;
    sos.when = occurs{signal::sos};

    rule service;
    service.id = rule_id{"service"};
    service.title_zh = "服务请求";
    service.title_en = "Service request";
    service.of = alarm_class::service;
    service.urgency = priority::low;
    service.when = occurs{signal::service};

    // 20 s: long enough to press cancel, short against the 60 s in which an
    // operator must answer, and the suspicion is told at once.
    rule fall;
    fall.id = rule_id{"fall"};
    fall.title_zh = "跌倒";
    fall.title_en = "Fall";
    fall.of = alarm_class::life_safety;
    fall.urgency = priority::high;
    fall.when = occurs{signal::fall};
    fall.hold = 20s;
    fall.unless = {occurs{signal::cancel}, comparison{signal::bed_occupied, comparison::op::is_true, 0}};

    return {{std::move(sos), std::move(service), std::move(fall)}};
}

} // namespace anban

#include "gateway/daemon/health/box_faults.hpp"

#include <utility>

#include <fmt/format.h>

namespace anban::box_faults {

shell_fault journal_went_back() {
    return {.key = "journal.behind",
            .what_zh = "日志（journal/alarms.db、alarms.db-wal）丢失了最近的记录：未送达的报警可能丢失",
            .what_en =
                "The journal (journal/alarms.db, alarms.db-wal) has lost its newest records: alarms that were not "
                "delivered may be lost",
            .cure_zh = "请中心核对近期报警；检查存储卡，必要时更换",
            .cure_en = "Ask the centre which alarms it has; check the storage card, replace it if in doubt",
            .urgency = priority::high};
}

shell_fault rules_set_aside() {
    return {
        .key = "rules.set-aside",
        .what_zh = "网关在五分钟内三次崩溃：规则及其状态已停用，只有内置的呼叫（SOS）在运行",
        .what_en = "The gateway crashed three times within five minutes: the rules and their state are set aside, "
                   "only the built-in SOS runs",
        .cure_zh = "运行 anban rules check；systemctl restart anband 会重新启用规则；将 crashes 文件夹交给厂家",
        .cure_en =
            "Run anban rules check; systemctl restart anband runs the rules again; give the folder crashes to "
            "the maker",
        .urgency = priority::high};
}

shell_fault readings_damaged(const std::string& path, bool aside) {
    return {
        .key = "readings.damaged",
        .what_zh = aside ? fmt::format("读数文件损坏，已移开：{}；历史读数从头开始", path)
                         : fmt::format("读数文件 {} 丢失；历史读数从头开始", path),
        .what_en =
            aside ? fmt::format("The file of readings was damaged and set aside: {}; the past begins anew", path)
                  : fmt::format("The file of readings, {}, is gone; the past begins anew", path),
        .cure_zh = "报警不受影响；检查存储卡，看过之后删除移开的文件",
        .cure_en = "Alarms are not affected; check the card, remove what was set aside when you have looked at it",
        .urgency = priority::low};
}

shell_fault broker_limits(std::size_t kept, std::size_t sent) {
    return {
        .key = "broker.limits",
        .present = kept < sent,
        .what_zh = fmt::format("家庭 MQTT 服务器在 {} 条消息同时到来时只保留 {} 条，其余会无声丢失", sent, kept),
        .what_en = fmt::format(
            "Of {} messages at once the home broker keeps {} and loses the others without a word", sent, kept),
        .cure_zh = "运行 anban broker write 并重启服务器（max_queued_messages 10000，max_queued_bytes 16777216）",
        .cure_en = "Run anban broker write and restart the broker (max_queued_messages 10000, max_queued_bytes "
                   "16777216)",
        .urgency = priority::high};
}

shell_fault broker_lost(bool present, const std::string& why) {
    return {.key = "broker.lost",
            .present = present,
            .what_zh = "与家庭 MQTT 服务器的连接中断：" + why,
            .what_en = "No connection to the home broker: " + why,
            .cure_zh = "检查服务：systemctl status anban-broker",
            .cure_en = "Check the broker: systemctl status anban-broker",
            .urgency = priority::high};
}

shell_fault session_lost(bool present) {
    return {.key = "broker.session-lost",
            .present = present,
            .what_zh = "MQTT 服务器丢失了报警会话：停机期间的按键可能丢失",
            .what_en = "The broker had lost the alarm session: presses made meanwhile may be lost",
            .cure_zh = "确认服务器开启了持久化（broker/data/mosquitto.db），且没有其他程序使用同一标识",
            .cure_en = "Check that its persistence is on (broker/data/mosquitto.db), that nobody else uses "
                       "its client id",
            .urgency = priority::high};
}

shell_fault subscriptions_refused(const std::vector<std::string>& topics) {
    const std::string first = topics.empty() ? std::string{} : topics.front();
    return {.key = "broker.subscription",
            .present = !topics.empty(),
            .what_zh =
                fmt::format("家庭 MQTT 服务器拒绝订阅 {} 个主题（{} 等）：听不到这些设备", topics.size(), first),
            .what_en = fmt::format(
                "The home broker refuses {} subscriptions ({} among them): those devices are not heard",
                topics.size(), first),
            .cure_zh = "运行 anban broker write 并重启服务器，使用户 anband 可以读取全部主题",
            .cure_en = "Run anban broker write and restart the broker: user anband must be allowed to read all",
            .urgency = priority::high};
}

shell_fault client_id_not_kept(const std::string& why_zh, const std::string& why_en, std::string cure_zh,
                               std::string cure_en) {
    return {.key = "broker.client-id",
            .present = true,
            .what_zh = "报警会话标识无法保存：" + why_zh,
            .what_en = "The alarm session's id can't be kept: " + why_en,
            .cure_zh = std::move(cure_zh),
            .cure_en = std::move(cure_en),
            .urgency = priority::high};
}

shell_fault broker_deaf(bool present) {
    return {.key = "broker.deaf",
            .present = present,
            .what_zh = "家庭 MQTT 服务器已连接，但收不到自己的消息",
            .what_en = "The home broker is connected, but our own messages don't come back",
            .cure_zh = "重启服务：systemctl restart anban-broker",
            .cure_en = "Restart it: systemctl restart anban-broker",
            .urgency = priority::high};
}

shell_fault core_slow(bool present) {
    return {.key = "core.slow",
            .present = present,
            .what_zh = "网关处理一条消息超过 10 秒",
            .what_en = "The gateway takes longer than 10 s for a message",
            .cure_zh = "用 anban watch 找出发送过多的设备；若无，systemctl restart anband",
            .cure_en = "Find a device that talks too much with anban watch; else systemctl restart anband",
            .urgency = priority::high};
}

shell_fault journal_stuck(bool present) {
    return {.key = "journal.stuck",
            .present = present,
            .what_zh = "写入磁盘的线程超过 10 秒没有回应；报警不等待它",
            .what_en = "The thread that writes to the disk has not answered for 10 s; alarms don't wait for it",
            .cure_zh = "更换存储卡",
            .cure_en = "Replace the storage card",
            .urgency = priority::high};
}

} // namespace anban::box_faults

#include "gateway/daemon/disk_faults.hpp"

namespace anban {

shell_fault journal_damaged_fault(const journal_found& found) {
    const std::string& aside = found.set_aside;
    return {.key = "journal.damaged",
            .present = true,
            .what_zh = "日志文件 journal/alarms.db 损坏（" + found.damage + "）" +
                       (aside.empty() ? "" : "，已移开：" + aside),
            .what_en = "The journal, journal/alarms.db, was damaged (" + found.damage + ")" +
                       (aside.empty() ? "" : " and set aside: " + aside),
            .cure_zh = "完好的记录已保留；请检查存储卡，必要时更换",
            .cure_en = "Its sound records are kept; check the storage card, replace it if in doubt",
            .urgency = priority::high};
}

shell_fault disk_full_fault(bool full, const std::filesystem::path& dir) {
    return {.key = "disk.full",
            .present = full,
            .what_zh = "存储卡已满：报警仍会保存，读数暂不保存",
            .what_en = "The storage card is full: alarms are still kept, readings are not",
            .cure_zh = "删除不需要的文件（df -h " + dir.string() + "）；有空间后自行恢复",
            .cure_en =
                "Remove what isn't needed (df -h " + dir.string() + "); it ends by itself when there is room",
            .urgency = priority::high};
}

shell_fault readings_lost_fault(const std::string& why) {
    return {.key = "readings.lost",
            .present = true,
            .what_zh = "读数无法保存：" + why,
            .what_en = "Readings can't be kept: " + why,
            .cure_zh = "报警不受影响；检查存储卡空间，然后 systemctl restart anband",
            .cure_en = "Alarms are not affected; check the card's space, then systemctl restart anband",
            .urgency = priority::low};
}

} // namespace anban

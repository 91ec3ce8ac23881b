// A home directory. The first byte chooses: three texts checked as they are, the same at the daemon's start, or a
// join file. Texts are parted by a byte that no text in UTF-8 has.
#include "gateway/config/care_plan.hpp"
#include "gateway/config/credentials/join.hpp"
#include "gateway/config/installation.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/write.hpp"
#include "rules/language/pack.hpp"
#include "rules/language/plan.hpp"
#include "rules/limits.hpp"
#include "tests/fuzz/home_folder.hpp"
#include "tests/fuzz/target.hpp"

namespace anban::fuzz {
namespace {

const driver_names drivers{"native", "zigbee2mqtt"};

const home_folder& folder() {
    static const home_folder one;
    return one;
}

void told_with_words(const config_errors& errors) {
    must(!errors.empty(), "refused without a mistake");
    for (const config_error& e : errors) {
        must(!e.file.empty() && !e.what.zh.empty() && !e.what.en.empty(), "a mistake without a place or words");
        must(!in_words(e, true).empty() && !in_words(e, false).empty(), "a mistake without a sentence");
    }
}

// A plan that was read makes rules, or says why not.
void lay(const house& h) {
    static const auto pack = language::read_pack(night_pack, "night.rules");
    must(pack.has_value(), "the target's own pack");
    const auto laid = language::lay_plans({*pack}, installation_of(h, zone_table{}));
    must(laid.rules.size() <= (limits::residents + limits::beds + 1) * limits::rules_per_resident,
         "rules unbounded");
    for (const auto& p : laid.problems) must(!p.what_en.empty() && !p.cure_zh.empty(), "a problem without words");
}

void check_texts(parts in) {
    file_texts texts{std::string{in.until(next_text)}, std::string{in.until(next_text)}, std::string{in.rest()}};
    const auto read = load_house(folder().path(), drivers, texts);
    if (!read) return told_with_words(read.error());
    must(well_formed_id(read->gateway.str()), "a home without an id");
    must(read->devices.size() <= limits::devices && read->residents.size() <= limits::residents,
         "a home too large");
    texts.residents = residents_as_text(read->residents);
    texts.devices = devices_as_text(read->devices);
    const auto again = load_house(folder().path(), drivers, texts);
    must(again.has_value(), "what was written can't be read");
    must(residents_as_text(again->residents) == texts.residents, "residents written again differ");
    must(devices_as_text(again->devices) == texts.devices, "devices written again differ");
    lay(*read);
}

void start_with(parts in) {
    folder().empty();
    folder().put("home.toml", in.until(next_text));
    folder().put("residents.toml", in.until(next_text));
    folder().put("devices.toml", in.rest());
    const auto strict = load_house(folder().path(), drivers);
    const auto started = load_house_at_start(folder().path(), drivers);
    must(strict.has_value() == started.faults.empty(), "set aside without a fault, or a fault with all in order");
    for (const auto& f : started.faults) {
        must(!f.key.empty() && !f.what.en.empty() && !f.cure.zh.empty(), "a fault without words");
    }
    (void)house_language(folder().path());
}

void join_with(parts in) {
    folder().empty();
    folder().put("gw.join", in.rest());
    const auto joined = join_district(folder().path(), folder().path() / "gw.join");
    if (joined) return must(well_formed_id(joined->gateway.str()), "joined as nobody");
    told_with_words(joined.error());
    std::size_t there = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder().path()})
        there += entry.is_regular_file();
    must(there == 1 && !std::filesystem::exists(folder().path() / "secrets/uplink"),
         "refused, and changed the home");
}

} // namespace

void try_one(std::string_view input) {
    parts in{input};
    switch (in.byte() % 8U) {
    case 0: return start_with(in);
    case 1: return join_with(in);
    default: return check_texts(in);
    }
}

std::vector<std::string> seeds() {
    const auto texts = [](char how, std::string_view home, std::string_view residents, std::string_view devices) {
        return how + std::string{home} + next_text + std::string{residents} + next_text + std::string{devices};
    };
    constexpr std::string_view plan = R"([[resident]]
id = "r-wang"
packs = ["night"]
spo2_scale = 2
accepts_shared_absence = "2026-10-01, family"
[[resident.override]]
rule = "bradycardia"
param = "low"
value = "45 bpm"
)";
    constexpr std::string_view mat = R"([[device]]
id = "mat-1"
driver = "native"
address = "mat-1"
role = "bed_mat"
bed = "bed-1"
provides = ["bed_occupied", "heart_rate"]
)";
    const std::string join =
        "gateway = \"gw-0001\"\nhosts = [\"10.0.0.1:8883\"]\n"
        "ca = \"\"\"\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n\"\"\"\n"
        "certificate = \"\"\"\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n\"\"\"\n"
        "key = \"\"\"\n-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n\"\"\"\n";
    return {texts('2', home_toml, residents_toml, devices_toml), texts('2', home_toml, plan, mat),
            texts('0', home_toml, residents_toml, devices_toml), texts('0', "[gateway]\nid = \"x\"\n", "", ""),
            "1" + join};
}

} // namespace anban::fuzz

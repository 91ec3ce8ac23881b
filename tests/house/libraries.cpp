// Who owns which library. A new owner is a decision: it is written here.
#include "tests/house/checks.hpp"

namespace anban::house_rules {

std::span<const ownership> library_table() {
    static const std::vector<ownership> table = {
        {"SQLite", {"sqlite3.h"}, {"gateway/journal/", "cloud-bridge/dispatch/"}},
        {"Paho", {"mqtt/*", "MQTTAsync.h", "MQTTClient.h"},
         {"gateway/ingest/", "cloud-bridge/uplink/", "cloud-bridge/dispatch/"}},
        {"libmosquitto", {"mosquitto.h", "mosquittopp.h"}, {"firmware-stubs/"}},
        {"Protobuf's generated types", {"*.pb.h", "google/protobuf/*"},
         {"device-drivers/native/", "cloud-bridge/protocol/", "cloud-bridge/uplink/", "gateway/journal/",
          "gateway/daemon/", "firmware-stubs/"}},
        {"OpenSSL", {"openssl/*"}, {"cloud-bridge/uplink/", "cloud-bridge/dispatch/", "gateway/config/"}},
        {"libsodium", {"sodium.h", "sodium/*"}, {"cloud-bridge/dispatch/"}},
        {"Beast", {"boost/beast/*", "boost/beast.hpp"}, {"cloud-bridge/dispatch/"}},
        {"toml++", {"toml++/*"}, {"gateway/config/", "cloud-bridge/dispatch/", "cloud-bridge/uplink/", "firmware-stubs/"}},
        {"CLI11", {"CLI/*"}, {"gateway/cli/", "gateway/daemon/", "cloud-bridge/", "firmware-stubs/"}},
        {"libsystemd", {"systemd/*"}, {"gateway/daemon/", "cloud-bridge/uplink/", "cloud-bridge/dispatch/"}},
        {"nanopb", {"pb.h", "pb_encode.h", "pb_decode.h"}, {"firmware-stubs/"}},
    };
    return table;
}

} // namespace anban::house_rules

// Who owns which library. A new owner is a decision: it is written here.
#include "tests/house/checks.hpp"

namespace anban::house_rules {

std::span<const ownership> library_table() {
    static const std::vector<ownership> table = {
        {"SQLite",
         {"sqlite3.h"},
         {"gateway/journal/database.cpp", "gateway/recordings/readings_file.cpp",
          "cloud-bridge/dispatch/store/sqlite.cpp"}},
        {"Paho",
         {"mqtt/*", "MQTTAsync.h", "MQTTClient.h"},
         {"gateway/ingest/ingest.cpp", "cloud-bridge/uplink/paho_link.cpp",
          "cloud-bridge/dispatch/broker_link.cpp"}},
        {"libmosquitto",
         {"mosquitto.h", "mosquittopp.h", "mqtt_protocol.h"},
         {"firmware-stubs/home/connection.cpp"}},
        {"Protobuf",
         {"*.pb.h", "google/protobuf/*"},
         {"device-drivers/native/native.cpp", "cloud-bridge/protocol/codec.cpp",
          "cloud-bridge/uplink/local_frames.cpp", "gateway/journal/record_codec.cpp"}},
        {"nanopb", {"*.nanopb.h", "pb.h", "pb_encode.h", "pb_decode.h"}, {"firmware-stubs/"}},
        {"OpenSSL",
         {"openssl/*"},
         {"cloud-bridge/dispatch/setup/ca.cpp", "cloud-bridge/dispatch/setup/broker_files.cpp",
          "gateway/config/credentials/certificate.cpp"}},
        {"libsodium",
         {"sodium.h", "sodium/*"},
         {"cloud-bridge/dispatch/web/api.cpp", "cloud-bridge/dispatch/web/accounts.cpp"}},
        {"Beast", {"boost/beast/*", "boost/beast.hpp"}, {"cloud-bridge/dispatch/web/http_server.cpp"}},
        {"toml++",
         {"toml++/*"},
         {"gateway/config/", "cloud-bridge/uplink/district.cpp", "firmware-stubs/home/config.cpp"}},
        {"CLI11",
         {"CLI/*"},
         {"gateway/cli/main.cpp", "gateway/cli/keeping_commands.cpp", "cloud-bridge/uplink/main.cpp",
          "cloud-bridge/dispatch/setup/cli.cpp", "firmware-stubs/home/main.cpp",
          "firmware-stubs/home/fall_figures.cpp"}},
        {"libsystemd", {"systemd/*"}, {"gateway/daemon/daemon.cpp", "cloud-bridge/uplink/main.cpp"}},
        {"zlib", {"zlib.h"}, {"firmware-stubs/home/recording.cpp"}},
    };
    return table;
}

} // namespace anban::house_rules

#include "firmware-stubs/home/recording.hpp"

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>
#include <zlib.h>

#include "tests/temp_dir.hpp"

using namespace anban::played;

namespace {

struct folder : anban::test::temp_dir {
    folder() : temp_dir("recording") {}
    std::filesystem::path write_packed(const char* name, const std::vector<std::int16_t>& values) const {
        gzFile out = gzopen((path / name).c_str(), "wb");
        gzwrite(out, values.data(), static_cast<unsigned>(values.size() * 2));
        gzclose(out);
        return path / name;
    }
};

constexpr std::string_view head = "file,byte_offset,n_samples,fs_hz,subject,age_group,activity,is_fall,trial\n";

} // namespace

TEST_CASE("a SisFall trial is read from its block of channels [played-3]") {
    const folder f;
    f.write("trials.csv", std::string(head) + "S1.i16.gz,0,2,100,S1,young,F01,1,R01\n"
                                              "S1.i16.gz,24,1,100,S1,elderly,D01,0,R02\n");
    f.write_packed("S1.i16.gz", {1, 2, 11, 12, 21, 22, 0, 0, 0, 0, 0, 0, -5, -6, -7, 0, 0, 0});
    auto set = sisfall::open(f.path);
    REQUIRE(set);
    REQUIRE(set->trials().size() == 2);
    CHECK(set->trials()[0].is_fall);
    CHECK(set->trials()[1].elderly);
    const auto first = set->read(set->trials()[0]);
    REQUIRE(first);
    REQUIRE(first->samples.size() == 2);
    CHECK(first->samples[1].x == 2);
    CHECK(first->samples[1].y == 12);
    CHECK(first->samples[1].z == 22);
    const auto again = read_recording("sisfall:" + f.path.string() + ":S1:D01:R02");
    REQUIRE(again);
    CHECK(again->samples[0].z == -7);
    CHECK(again->name == "S1 D01 R02");
    CHECK_FALSE(read_recording("sisfall:" + f.path.string() + ":S1:D01:R09"));
}

TEST_CASE("a recording that is cut off, damaged or not there is refused with its name [played-3]") {
    const folder f;
    const auto opened = [&] {
        const auto set = sisfall::open(f.path);
        return set ? std::string() : set.error();
    };
    CHECK(opened().contains("trials.csv"));
    f.write("trials.csv", "file,subject\n");
    CHECK(opened().contains("byte_offset"));
    f.write("trials.csv", std::string(head) + "S1.i16.gz,-4,2,100,S1,young,F01,1,R01\n");
    CHECK(opened().contains("trial 1"));
    f.write("trials.csv", std::string(head) + "S1.i16.gz,0,2,50,S1,young,F01,1,R01\n");
    CHECK(opened().contains("100 Hz"));
    f.write("trials.csv", std::string(head) + "S1.i16.gz,0,200,100,S1,young,F01,1,R01\n");
    CHECK_FALSE(read_recording("sisfall:" + f.path.string() + ":S1:F01:R01"));
    const auto packed = f.write_packed("S1.i16.gz", std::vector<std::int16_t>(1199, 7));
    CHECK(read_recording("sisfall:" + f.path.string() + ":S1:F01:R01").error().contains("ends before"));
    f.write_packed("S1.i16.gz", std::vector<std::int16_t>(1200, 7));
    CHECK(read_recording("sisfall:" + f.path.string() + ":S1:F01:R01"));
    std::filesystem::resize_file(packed, std::filesystem::file_size(packed) - 8);
    CHECK(read_recording("sisfall:" + f.path.string() + ":S1:F01:R01").error().contains("cut off"));
}

TEST_CASE("a CSV is brought to 100 Hz and its rows are chosen by column [played-3]") {
    const folder f;
    const auto file =
        f.write("walk.csv", "activity,t_ms,x,y,z\r\nA,0,0,0,1000\r\nB,5,9,9,9\r\nA,40,400,-40,1000\r\n"
                            "A,40,1,1,1\r\nA,50,99999,0,0\r\n");
    const auto r = read_recording(file.string() + ":activity=A");
    REQUIRE(r);
    REQUIRE(r->samples.size() == 6);
    CHECK(r->samples[1].x == 100);
    CHECK(r->samples[3].y == -30);
    CHECK(r->samples[5].x == 32767); // held at the end of the range
    CHECK_FALSE(read_recording(file.string() + ":activity=C"));
    CHECK_FALSE(read_recording(file.string() + ":colour=A"));
    CHECK_FALSE(read_recording(file.string() + ":activity"));
    CHECK_FALSE(read_csv(f.write("bad.csv", "t_ms,x,y,z\n1,2,3,four\n"), {}));
    CHECK_FALSE(read_csv(f.write("none.csv", ""), {}));
}

package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.store.table.Tail;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RowFormatTest {
  private static final RowFormat WINDOWED = RowFormat.of(windowed().build());
  private static final RowFormat WINDOWED_GROUPED =
      RowFormat.of(windowed().groupedBy("region").build());
  private static final RowFormat UNWINDOWED = RowFormat.of(unwindowed().build());
  private static final RowFormat UNWINDOWED_GROUPED =
      RowFormat.of(unwindowed().groupedBy("region").build());
  private static final List<RowFormat> GROUPED = List.of(WINDOWED_GROUPED, UNWINDOWED_GROUPED);
  private static final List<RowFormat> OF_WINDOWS =
      List.of(RowFormat.TRENDING, WINDOWED, WINDOWED_GROUPED);

  private static ViewBuilder windowed() {
    return fields("windowed").tumbling(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO);
  }

  private static ViewBuilder unwindowed() {
    return fields("unwindowed").unwindowed();
  }

  private static ViewBuilder fields(String name) {
    return View.named(name).from("topic", (record, out) -> {}).sum("count").last("price");
  }

  private static byte[] key(RowFormat format, long start, String group, byte[] key) {
    byte[] bytes = new byte[key.length + 2];
    System.arraycopy(key, 0, bytes, 1, key.length);
    return format.key(start, utf8(group), bytes, 1, key.length);
  }

  private static void assertRow(RowFormat format, long start, String group, byte[] key) {
    byte[] made = key(format, start, group, key);
    int groupEnd = format.groupEnd(made);
    assertThat(groupEnd).isNotNegative();
    assertThat(Arrays.copyOf(made, groupEnd)).isEqualTo(utf8(group));
    assertThat(Arrays.copyOfRange(made, format.keyBegin(groupEnd), format.keyEnd(made)))
        .isEqualTo(key);
    assertThat(format.startMs(made)).isEqualTo(start);
  }

  @Test
  void theHashtagsKeepTheirFormat() {
    assertThat(key(RowFormat.TRENDING, 1_763_000_100_000L, "EU:West", utf8("java")))
        .isEqualTo(
            HexFormat.of()
                .parseHex("45553a57657374" + "3a" + "6a617661" + "0000019a7afea4a0" + "00000000"));
    assertRow(RowFormat.TRENDING, 1_763_000_100_000L, "EU:West", utf8("java"));
    assertThat(RowFormat.TRENDING.value(new long[] {9, 258}, 1))
        .containsExactly(0, 0, 0, 0, 0, 0, 1, 2);
  }

  @Test
  void aWindowedRowIsKafkaStreamsWindowedKeyAndItsLanes() {
    String suffix = "0000019a7afea4a0" + "00000000";
    assertThat(key(WINDOWED, 1_763_000_100_000L, "", utf8("a:b")))
        .isEqualTo(HexFormat.of().parseHex("613a62" + suffix));
    assertThat(key(WINDOWED_GROUPED, 1_763_000_100_000L, "EU", utf8("a:b")))
        .isEqualTo(HexFormat.of().parseHex("4555" + "00" + "613a62" + suffix));
    // The sum, and of the last value the time and itself.
    assertThat(WINDOWED.value(new long[] {0, 1, 2, -1}, 1))
        .isEqualTo(
            HexFormat.of().parseHex("0000000000000001" + "0000000000000002" + "ffffffffffffffff"));
  }

  @Test
  void anUnwindowedRowIsThatOfKafkaStreamsValueAndTimestampSerde() {
    assertThat(key(UNWINDOWED, 0, "", utf8("a:b"))).isEqualTo(utf8("a:b"));
    assertThat(key(UNWINDOWED_GROUPED, 0, "EU", utf8("a:b"))).isEqualTo(utf8("EU\0a:b"));
    assertThat(UNWINDOWED.value(new long[] {1_763_000_100_000L, 1, 2, 3}, 0))
        .isEqualTo(
            HexFormat.of()
                .parseHex(
                    "0000019a7afea4a0"
                        + "0000000000000001"
                        + "0000000000000002"
                        + "0000000000000003"));
  }

  @Test
  void aKeyComesBackAsItsRow() {
    Property.holds(
        2_000,
        random -> {
          long start = Property.magnitude(random);
          byte[] key = anyKey(random);
          String group = random.nextBoolean() ? "" : Property.tag(random) + ":";
          assertRow(WINDOWED, start, "", key);
          assertRow(UNWINDOWED, 0, "", key);
          assertRow(WINDOWED_GROUPED, start, group, key);
          assertRow(UNWINDOWED_GROUPED, 0, group, key);
          assertRow(RowFormat.TRENDING, start, group + ":", utf8(Property.tag(random)));
        });
  }

  /** With more colons and zeros than chance would bring. */
  private static byte[] anyKey(SplittableRandom random) {
    byte[] key = Property.bytes(random, random.nextInt(1, random.nextBoolean() ? 8 : 1_025));
    for (int i = random.nextInt(4); i > 0; i--) {
      key[random.nextInt(key.length)] = (byte) (random.nextBoolean() ? ':' : 0);
    }
    return key;
  }

  @Test
  void noTwoRowsOfAViewWithGroupsShareAKey() {
    for (RowFormat format : GROUPED) {
      assertThat(key(format, 0, "a", utf8("b\0c")))
          .isNotEqualTo(key(format, 0, "", utf8("a\0b\0c")));
      assertThat(key(format, 0, "", utf8("a"))).isNotEqualTo(key(format, 0, "a", utf8("\0")));
    }
  }

  @Test
  void theColonsOfARegionAreItsOwn() {
    assertRow(RowFormat.TRENDING, 5, "a:b", utf8("c"));
    assertRow(RowFormat.TRENDING, 5, ":", utf8("c"));
    assertRow(RowFormat.TRENDING, 5, "::a::", utf8("c"));
    // A colon among the twelve bytes of the suffix is none: 0x3a is ':'.
    assertRow(RowFormat.TRENDING, 0x3a3a3a3a3a3a3a3aL, "EU", utf8("c"));
    assertRow(WINDOWED_GROUPED, 0x3a3a3a3a3a3a3a3aL, "EU:a", utf8("c"));
  }

  @Test
  void noTwoRowsOfTheHashtagsShareAKey() {
    // These two would: but a tag never holds a colon, so only the first can be written.
    assertThat(key(RowFormat.TRENDING, 5, "a:b", utf8("c")))
        .isEqualTo(key(RowFormat.TRENDING, 5, "a", utf8("b:c")));
    Hashtags hashtags = new Hashtags();
    hashtags.scan(utf8("#b:c"), 0, 4);
    assertThat(hashtags.size()).isEqualTo(1);
    assertThat(hashtags.length(0)).isEqualTo(1);
  }

  @Test
  void foreignKeysAreNoRows() {
    for (RowFormat format : OF_WINDOWS) {
      assertThat(format.groupEnd(null)).isNegative();
      assertThat(format.groupEnd(new byte[0])).isNegative();
      assertThat(format.groupEnd(utf8("short"))).isNegative();
      assertThat(format.groupEnd(new byte[12])).as("no key before the suffix").isNegative();
      assertThat(format.groupEnd(key(format, -1, "EU", utf8("a")))).as("before 1970").isNegative();
    }
    assertThat(UNWINDOWED.groupEnd(null)).isNegative();
    assertThat(UNWINDOWED.groupEnd(new byte[0])).isNegative();
    assertThat(UNWINDOWED.groupEnd(new byte[4_000])).as("too long").isNegative();
    for (RowFormat format : List.of(RowFormat.TRENDING, WINDOWED_GROUPED, UNWINDOWED_GROUPED)) {
      assertThat(format.groupEnd(utf8("no separator, but long enough"))).isNegative();
      assertThat(format.groupEnd(key(format, 0, "EU", utf8("")))).as("no key").isNegative();
    }
  }

  @Test
  void aRegionWithoutTextIsNone() {
    byte[] key = key(RowFormat.TRENDING, 0, "E\0U", utf8("a"));
    assertThat(RowFormat.TRENDING.groupEnd(key)).isNegative();
  }

  @Test
  void whatIsTakenForAKeyIsOne() {
    Property.holds(
        2_000,
        random -> {
          byte[] key = Property.bytes(random, random.nextInt(30));
          if (key.length > 0 && random.nextBoolean()) {
            key[random.nextInt(key.length)] = 0;
          }
          for (RowFormat format :
              List.of(WINDOWED, WINDOWED_GROUPED, UNWINDOWED, UNWINDOWED_GROUPED)) {
            int groupEnd = format.groupEnd(key);
            if (groupEnd >= 0) {
              byte[] group = Arrays.copyOf(key, groupEnd);
              assertThat(group).doesNotContain(0);
              int begin = format.keyBegin(groupEnd);
              assertThat(format.keyEnd(key)).isGreaterThan(begin);
              assertThat(format.startMs(key)).isNotNegative();
            }
          }
        });
  }

  @Test
  void aValueComesBackAsItsLanes() {
    assertThat(List.of(RowFormat.TRENDING.valueBytes(), WINDOWED.valueBytes()))
        .containsExactly(8, 24);
    assertThat(UNWINDOWED.valueBytes()).isEqualTo(32);
    Property.holds(
        500,
        random -> {
          long[] row = {random.nextLong(), Long.MIN_VALUE, Long.MAX_VALUE, random.nextLong()};
          byte[] value = UNWINDOWED.value(row, 0);
          assertThat(UNWINDOWED.isValue(value)).isTrue();
          assertThat(WINDOWED.isValue(value)).isFalse();
          byte[] chunk = new byte[value.length + 3];
          System.arraycopy(value, 0, chunk, 3, value.length);
          long[] read = UNWINDOWED.row(utf8("k"), chunk, 3, value.length, new long[4]);
          assertThat(read).isEqualTo(row);
          assertThat(UNWINDOWED.lanes(value)).isEqualTo(row);
        });
  }

  @Test
  void bytesAreBehindTheLanesToTheEndOfTheValue() {
    RowFormat latest =
        RowFormat.of(
            View.named("latest")
                .from("input", (record, out) -> {})
                .unwindowed()
                .latest("v")
                .build());
    RowFormat sessions =
        RowFormat.of(
            View.named("sessions")
                .from("input", (record, out) -> {})
                .session(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO)
                .sum("events")
                .latest("v")
                .build());
    RowFormat windows =
        RowFormat.of(
            View.named("windows")
                .from("input", (record, out) -> {})
                .tumbling(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO)
                .latest("v")
                .build());
    long[] row = {7, 3, 0x6162630000000000L};
    byte[] value = {0, 0, 0, 0, 0, 0, 0, 7, 'a', 'b', 'c'};
    assertThat(latest.value(row, 0)).as("a timestamp, then the value").isEqualTo(value);
    assertThat(windows.value(row, 0)).isEqualTo(value);
    long[] session = {5, 9, 2, 3, 0x6162630000000000L};
    assertThat(sessions.value(session, 0))
        .isEqualTo(new byte[] {0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 'c'});
    byte[] key = sessions.key(5, utf8(""), utf8("k"), 0, 1, session, 0);
    assertThat(sessions.row(key, sessions.value(session, 0), 0, 11, new long[1]))
        .isEqualTo(session);
    assertThat(latest.isValue(new byte[8])).as("no bytes are bytes, too").isTrue();
    assertThat(latest.isValue(new byte[7])).isFalse();
    assertThat(latest.isValue(new byte[8 + Tail.BYTES_MAX])).isTrue();
    assertThat(latest.isValue(new byte[9 + Tail.BYTES_MAX])).isFalse();
    Property.holds(
        300,
        random -> {
          byte[] bytes = Property.bytes(random, random.nextInt(40));
          long[] any = new long[1 + Tail.longs(bytes.length)];
          any[0] = random.nextLong();
          Tail.put(bytes, 0, bytes.length, any, 1);
          byte[] written = latest.value(any, 0);
          assertThat(latest.tail(written)).isEqualTo(bytes);
          assertThat(latest.row(utf8("k"), written, 0, written.length, new long[0])).isEqualTo(any);
        });
  }
}

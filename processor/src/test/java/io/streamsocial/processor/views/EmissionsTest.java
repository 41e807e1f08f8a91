package io.streamsocial.processor.views;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamsocial.processor.Property;
import io.streamsocial.store.table.Tail;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

final class EmissionsTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final long FUTURE = 60_000;
  private static final Charset UTF = StandardCharsets.UTF_8;

  private final ConsumedRecord record =
      new ConsumedRecord()
          .of(new ConsumerRecord<>("orders", 3, 17, null, ByteBuffer.wrap(utf8("value"))));

  private static ViewBuilder view(Extractor extractor) {
    return View.named("v")
        .from("orders", extractor)
        .tumbling(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO);
  }

  private static Emissions ungrouped(Extractor extractor) {
    return new Emissions(view(extractor).sum("n").build(), FUTURE);
  }

  private static Emissions grouped(Extractor extractor) {
    return new Emissions(view(extractor).groupedBy("region").sum("n").build(), FUTURE);
  }

  private RejectedRecord rejected(Emissions emissions) {
    RejectedRecord rejection =
        catchThrowableOfType(RejectedRecord.class, () -> emissions.extract(record, NOW));
    assertThat(rejection).as("the record is rejected").isNotNull();
    assertThat(emissions.size()).isZero();
    assertThat(emissions.latestMs()).isEqualTo(Long.MIN_VALUE);
    return rejection;
  }

  private void accepts(Emissions emissions) {
    emissions.extract(record, NOW);
    assertThat(emissions.size()).isEqualTo(1);
  }

  private record Emission(long timeMs, String group, String key, long a, long b) {}

  private static byte[] piece(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  @Test
  void emissionsComeBackAsTheyWereEmitted() {
    List<Emission> expected = new ArrayList<>();
    Extractor extractor =
        (in, out) -> {
          long[] values = new long[2];
          for (Emission each : expected) {
            byte[] group = utf8("<" + each.group);
            byte[] key = utf8("<" + each.key + ">");
            values[0] = each.a;
            values[1] = each.b;
            out.emit(each.timeMs, group, 1, group.length - 1, key, 1, key.length - 2, values);
            Arrays.fill(key, (byte) 0);
            Arrays.fill(group, (byte) 0);
          }
        };
    View view = view(extractor).groupedBy("region").max("a").last("b").build();
    Emissions emissions = new Emissions(view, FUTURE);
    Property.holds(
        200,
        random -> {
          expected.clear();
          for (int i = random.nextInt(random.nextBoolean() ? 5 : 500); i > 0; i--) {
            expected.add(
                new Emission(
                    random.nextLong(NOW),
                    Property.tag(random),
                    Property.tag(random) + ":\0",
                    random.nextLong(),
                    random.nextLong()));
          }
          emissions.extract(record, NOW);
          List<Emission> found = new ArrayList<>();
          for (int i = 0; i < emissions.size(); i++) {
            byte[] bytes = emissions.bytes();
            long[] rows = emissions.rows();
            int row = emissions.row(i);
            assertThat(rows[row + view.lane(1) - 1]).isEqualTo(emissions.timeMs(i));
            found.add(
                new Emission(
                    emissions.timeMs(i),
                    new String(
                        piece(bytes, emissions.groupOffset(i), emissions.groupLength(i)), UTF),
                    new String(piece(bytes, emissions.keyOffset(i), emissions.keyLength(i)), UTF),
                    rows[row + view.lane(0)],
                    rows[row + view.lane(1)]));
          }
          assertThat(found).isEqualTo(expected);
          assertThat(emissions.latestMs())
              .isEqualTo(
                  expected.stream().mapToLong(Emission::timeMs).max().orElse(Long.MIN_VALUE));
        });
  }

  @Test
  void eachFormOfEmitSaysTheSame() {
    Emissions without =
        ungrouped(
            (in, out) -> {
              out.emit(5, "k", 7);
              out.emit(5, utf8("k"), 7);
            });
    without.extract(record, NOW);
    Emissions with =
        grouped(
            (in, out) -> {
              out.emit(5, "EU", "k", 7);
              out.emit(5, utf8("EU"), utf8("k"), 7);
            });
    with.extract(record, NOW);
    for (int i = 0; i < 2; i++) {
      assertThat(piece(without.bytes(), without.keyOffset(i), without.keyLength(i)))
          .isEqualTo(utf8("k"));
      assertThat(without.groupLength(i)).isZero();
      assertThat(without.rows()[without.row(i)]).isEqualTo(7);
      assertThat(piece(with.bytes(), with.groupOffset(i), with.groupLength(i)))
          .isEqualTo(utf8("EU"));
      assertThat(piece(with.bytes(), with.keyOffset(i), with.keyLength(i))).isEqualTo(utf8("k"));
    }
  }

  @Test
  void aKeyHasOneTo1024Bytes() {
    accepts(ungrouped((in, out) -> out.emit(1, new byte[1_024], 1)));
    accepts(ungrouped((in, out) -> out.emit(1, new byte[1], 1)));
    assertThat(rejected(ungrouped((in, out) -> out.emit(1, new byte[1_025], 1))).reason())
        .isEqualTo("bad_key");
    assertThat(rejected(ungrouped((in, out) -> out.emit(1, "", 1)))).hasMessageContaining("1024");
  }

  @Test
  void aGroupIsTextThatKeysCanHold() {
    accepts(grouped((in, out) -> out.emit(1, "x".repeat(256), "k", 1)));
    accepts(grouped((in, out) -> out.emit(1, "é".repeat(128), "k", 1)));
    accepts(grouped((in, out) -> out.emit(1, "US:a", "k", 1)));
    for (byte[] bad :
        List.of(
            utf8(""),
            utf8("x".repeat(257)),
            utf8("a\0"),
            new byte[] {'a', (byte) 0xC3},
            new byte[] {(byte) 0xFF},
            new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80})) { // half a surrogate pair
      assertThat(rejected(grouped((in, out) -> out.emit(1, bad, utf8("k"), 1))).reason())
          .isEqualTo("bad_group");
    }
    assertThat(rejected(grouped((in, out) -> out.emit(1, "k", 1))).reason()).isEqualTo("bad_group");
    assertThat(rejected(ungrouped((in, out) -> out.emit(1, "EU", "k", 1))))
        .hasMessageContaining("declare it with groupedBy()");
  }

  @Test
  void aTimeIsFrom1970ToALittleAheadOfTheClock() {
    accepts(ungrouped((in, out) -> out.emit(0, "k", 1)));
    accepts(ungrouped((in, out) -> out.emit(NOW + FUTURE, "k", 1)));
    for (long bad : new long[] {-1, Long.MIN_VALUE, NOW + FUTURE + 1, Long.MAX_VALUE}) {
      assertThat(rejected(ungrouped((in, out) -> out.emit(bad, "k", 1))).reason())
          .isEqualTo("bad_time");
    }
  }

  @Test
  void valuesAreOneAFieldAndRankedOnesNotNegative() {
    Extractor negative = (in, out) -> out.emit(1, "k", -1);
    accepts(ungrouped(negative));
    Emissions ranked = new Emissions(view(negative).sum("n").rankedBy("n").build(), FUTURE);
    assertThat(rejected(ranked)).hasMessageContaining("n is -1");
    assertThat(rejected(ungrouped((in, out) -> out.emit(1, "k"))).reason()).isEqualTo("bad_value");
    assertThat(rejected(ungrouped((in, out) -> out.emit(1, "k", 1, 2))))
        .hasMessageContaining("2 values were emitted, the view has 1 fields");
  }

  private static Extractor times(int emissions) {
    return (in, out) -> {
      for (int i = 0; i < emissions; i++) {
        out.emit(1, "k" + i, 1);
      }
    };
  }

  @Test
  void aRecordHasAtMostAThousandEmissions() {
    Emissions full = ungrouped(times(1_000));
    full.extract(record, NOW);
    assertThat(full.size()).isEqualTo(1_000);
    assertThat(rejected(ungrouped(times(1_001))).reason()).isEqualTo("too_many_emissions");
  }

  @Test
  void whatWasEmittedBeforeAFailureDoesNotCount() {
    RejectedRecord own = new RejectedRecord("no_shop", "an order names its shop");
    assertThat(
            rejected(
                ungrouped(
                    (in, out) -> {
                      out.emit(1, "k", 1);
                      throw own;
                    })))
        .isSameAs(own)
        .hasMessage("an order names its shop");
    assertThat(own.getStackTrace()).isEmpty();
    RejectedRecord failed =
        rejected(
            ungrouped(
                (in, out) -> {
                  out.emit(1, "k", 1);
                  throw new IOException("no order");
                }));
    assertThat(failed.reason()).isEqualTo("extractor_failed");
    assertThat(failed.detail()).isEqualTo("the extractor threw java.io.IOException: no order");
  }

  @SuppressWarnings("InfiniteRecursion") // as a parser on a deeply nested record
  private static int endless(int depth) {
    return endless(depth + 1) + 1;
  }

  @Test
  void deepNestingRejectsTheRecordAndNotTheStream() {
    assertThat(rejected(ungrouped((in, out) -> out.emit(endless(0), "k", 1))).reason())
        .isEqualTo("extractor_failed");
  }

  private static Emissions failing(Throwable e) {
    return ungrouped(
        (in, out) -> {
          out.emit(1, "k", 1);
          if (e instanceof Error error) {
            throw error;
          }
          throw (Exception) e;
        });
  }

  /** An exception that cannot even say what it is. */
  private static final class Silent extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    @SuppressWarnings("OverrideThrowableToString") // it is to fail where it is shown
    public String toString() {
      throw new IllegalStateException("no text");
    }
  }

  @Test
  void anErrorOfTheExtractorRejectsTheRecordAndNotTheStream() {
    for (Throwable e :
        List.of(
            new NoClassDefFoundError("com/example/Order"),
            new AssertionError("cents >= 0"),
            new Error("its own"),
            new Silent())) {
      RejectedRecord rejected = rejected(failing(e));
      assertThat(rejected.reason()).isEqualTo("extractor_failed");
      assertThat(rejected.detail()).contains(e.getClass().getName());
    }
    assertThat(rejected(failing(new Silent())).detail())
        .isEqualTo(
            "the extractor threw %s, whose text cannot be made".formatted(Silent.class.getName()));
    for (VirtualMachineError e : List.of(new OutOfMemoryError("heap"), new InternalError("jvm"))) {
      Emissions emissions = failing(e);
      assertThatThrownBy(() -> emissions.extract(record, NOW)).isSameAs(e);
      assertThat(emissions.size()).isZero();
    }
  }

  @Test
  void whatIsNullHasTheReasonOfItsPlace() {
    byte[] noBytes = null;
    String noText = null;
    long[] noValues = null;
    for (Emissions each :
        List.of(
            ungrouped((in, out) -> out.emit(1, noBytes, 1)),
            ungrouped((in, out) -> out.emit(1, noText, 1)),
            ungrouped((in, out) -> out.emit(1, null, 0, 0, null, 0, 1, new long[] {1})),
            grouped((in, out) -> out.emit(1, utf8("EU"), noBytes, 1)),
            grouped((in, out) -> out.emit(1, "EU", noText, 1)))) {
      RejectedRecord rejected = rejected(each);
      assertThat(rejected.reason()).isEqualTo("bad_key");
      assertThat(rejected.detail()).isEqualTo("a key is null: emit the bytes of one");
    }
    for (Emissions each :
        List.of(
            grouped((in, out) -> out.emit(1, noBytes, utf8("k"), 1)),
            grouped((in, out) -> out.emit(1, noText, "k", 1)))) {
      RejectedRecord rejected = rejected(each);
      assertThat(rejected.reason()).isEqualTo("bad_group");
      assertThat(rejected.detail()).isEqualTo("a group is null: emit the bytes of one");
    }
    byte[] key = utf8("k");
    assertThat(
            rejected(ungrouped((in, out) -> out.emit(1, null, 0, 0, key, 0, 1, noValues))).reason())
        .isEqualTo("bad_value");
    accepts(ungrouped((in, out) -> out.emit(1, null, 0, 0, key, 0, 1, new long[] {1})));
  }

  @Test
  void aViolationThatTheExtractorCatchesRejectsAllTheSame() {
    assertThat(
            rejected(
                    ungrouped(
                        (in, out) -> {
                          try {
                            out.emit(-1, "k", 1);
                          } catch (RuntimeException e) {
                            out.emit(1, "k", 1);
                          }
                        }))
                .reason())
        .isEqualTo("bad_time");
  }

  @Test
  void aRecordIsNotRejectedBecauseTheEngineStops() {
    Emissions emissions =
        ungrouped(
            (in, out) -> {
              out.emit(1, "k", 1);
              throw new InterruptedException();
            });
    assertThatThrownBy(() -> emissions.extract(record, NOW))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(emissions.size()).isZero();
  }

  @Test
  void anEmitterEndsWithItsRecord() {
    List<Emitter> kept = new ArrayList<>();
    Emissions emissions = ungrouped((in, out) -> kept.add(out));
    emissions.extract(record, NOW);
    emissions.extract(record, NOW);
    for (Emitter each : kept) {
      assertThatThrownBy(() -> each.emit(1, "k", 1)).isInstanceOf(IllegalStateException.class);
    }
    assertThat(emissions.size()).isZero();
  }

  @Test
  void aReasonIsAName() {
    for (String bad : List.of("", "No", "9", "a b", "a".repeat(65))) {
      assertThatThrownBy(() -> new RejectedRecord(bad, "x"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(new RejectedRecord("a".repeat(64), "x").reason()).hasSize(64);
  }

  @Test
  void readingARecordMovesNothing() {
    ByteBuffer fetched = ByteBuffer.wrap(utf8("<key>value<")).position(5).limit(10);
    ConsumerRecord<ByteBuffer, ByteBuffer> consumed =
        new ConsumerRecord<>("orders", 3, 17, null, fetched);
    consumed.headers().add("h", utf8("1")).add("h", utf8("2"));
    ConsumedRecord read = new ConsumedRecord().of(consumed);
    for (int i = 0; i < 2; i++) {
      ByteBuffer value = Objects.requireNonNull(read.value());
      assertThat(value.remaining()).isEqualTo(5);
      assertThat(value.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
      assertThat(read.valueBytes()).isEqualTo(utf8("value"));
      value.position(10).order(ByteOrder.LITTLE_ENDIAN);
    }
    assertThat(fetched.position()).isEqualTo(5);
    assertThat(read.keyBytes()).isNull();
    assertThat(read.header("h")).isEqualTo(utf8("2"));
    assertThat(read.header("other")).isNull();
    assertThat(read.of(new ConsumerRecord<>("t", 0, 1, fetched, null)).valueBytes()).isNull();
    assertThat(read.keyBytes()).isEqualTo(utf8("value"));
    assertThat(read.topic() + read.partition() + "@" + read.offset()).isEqualTo("t0@1");
  }

  private static Emissions latest(Extractor extractor) {
    return new Emissions(view(extractor).sum("n").latest("bytes").build(), FUTURE);
  }

  @Test
  void bytesAreBehindTheLanesOfTheirRow() {
    Emissions emissions =
        latest(
            (in, out) -> {
              byte[] buffer = utf8("<one>");
              out.with(buffer, 1, 3).emit(NOW, "k", 1);
              Arrays.fill(buffer, (byte) 0);
              out.with(new byte[0]).emit(NOW - 1, "k", 2);
              out.with("drei").emit(NOW - 2, "l", 3);
            });
    emissions.extract(record, NOW);
    List<String> found = new ArrayList<>();
    for (int i = 0; i < emissions.size(); i++) {
      long[] rows = emissions.rows();
      int row = emissions.row(i);
      byte[] bytes = Tail.bytes(rows, row + 2); // behind the time and the sum
      found.add("%d %d %s".formatted(NOW - rows[row], rows[row + 1], new String(bytes, UTF)));
    }
    assertThat(found).containsExactly("0 1 one", "1 2 ", "2 3 drei");
  }

  @Test
  void bytesAreGivenWhereTheViewKeepsSomeAndNowhereElse() {
    Emissions without = latest((in, out) -> out.emit(NOW, "k", 1));
    assertThat(rejected(without).reason()).isEqualTo(RejectedRecord.BAD_VALUE);
    Emissions second =
        latest(
            (in, out) -> {
              out.with("a").emit(NOW, "k", 1);
              out.emit(NOW, "k", 1);
            });
    assertThat(rejected(second).detail()).as("those of one emission").contains("with()");
    Emissions none = ungrouped((in, out) -> out.with("a").emit(NOW, "k", 1));
    assertThat(rejected(none).detail()).contains("keeps none");
  }

  @Test
  void bytesHaveABound() {
    byte[] most = new byte[Emissions.TAIL_BYTES_MAX];
    accepts(latest((in, out) -> out.with(most).emit(NOW, "k", 1)));
    byte[] more = new byte[Emissions.TAIL_BYTES_MAX + 1];
    Emissions tooLong = latest((in, out) -> out.with(more).emit(NOW, "k", 1));
    assertThat(rejected(tooLong).reason()).isEqualTo(RejectedRecord.BAD_VALUE);
    int fit = Emissions.RECORD_TAILS_MAX / most.length;
    int[] emitted = {fit};
    Emissions many =
        latest(
            (in, out) -> {
              for (int i = 0; i < emitted[0]; i++) {
                out.with(most).emit(NOW, "k" + i, 1);
              }
            });
    many.extract(record, NOW);
    assertThat(many.size()).isEqualTo(fit);
    emitted[0]++;
    assertThat(rejected(many).reason()).isEqualTo(RejectedRecord.TOO_MANY_EMISSIONS);
  }
}

package io.streamsocial.http.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import io.streamsocial.store.snapshots.SnapshotView;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotMessageTest {
  private static final SnapshotMessage MESSAGE =
      new SnapshotMessage(
          new PeerIdentity(PeerIdentity.FORMAT, "app", "1", "p", 7),
          "6b1f",
          new SnapshotManifest(
              SnapshotManifest.FORMAT,
              3,
              new TreeMap<>(Map.of(".shuffle-id", "abc", ".changelog-id", "def")),
              List.of(
                  new SnapshotView("counts", "windows", Long.MAX_VALUE, "SUM", 5, Long.MAX_VALUE)),
              List.of(
                  new SnapshotFile("CURRENT", 16, 0xFFFF_FFFFL),
                  new SnapshotFile("000012.sst", 1L << 40, 0))));

  private static String written() {
    return new String(Json.bytes(MESSAGE::write), UTF_8);
  }

  @Test
  void whatIsWrittenIsRead() throws Exception {
    assertThat(SnapshotMessage.read(written().getBytes(UTF_8))).isEqualTo(MESSAGE);
  }

  /** None of them may lead out of the directory, or allocate what the sender likes. */
  @ParameterizedTest
  @CsvSource({
    "CURRENT, ../CURRENT",
    "000012.sst, LOCK",
    "000012.sst, 000012.sst/../../x",
    "1099511627776, 1099511627777",
    "4294967295, 4294967296",
    "1099511627776, -1",
    "6b1f, ../status?x=",
    "6b1f, a b",
    "\"partition\":3, \"partition\":-3",
  })
  void whatNoInstanceWritesIsRefused(String part, String other) {
    String wrong = written().replace(part, other);
    assertThat(wrong).isNotEqualTo(written());
    assertThatThrownBy(() -> SnapshotMessage.read(wrong.getBytes(UTF_8)))
        .isInstanceOf(JsonFields.MalformedException.class);
  }
}

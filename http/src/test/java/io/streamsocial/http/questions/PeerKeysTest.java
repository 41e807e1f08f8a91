package io.streamsocial.http.questions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.table.Tail;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows with bytes on their way between instances. */
final class PeerKeysTest {
  private static final ViewSchema LATEST =
      View.named("latest")
          .from("input", (record, out) -> {})
          .unwindowed()
          .sum("n")
          .latest("bytes")
          .build()
          .schema();
  private static final ViewKey KEY = ViewKey.of("k");
  private static final ViewKeys.Question QUESTION =
      new ViewKeys.Question(LATEST, "", WindowSpan.NONE, List.of(KEY));

  private static String written(byte[] bytes) {
    ViewRow row = ViewRow.of(LATEST, 0, new long[] {5, 7}, bytes);
    List<ViewEntry> entries = List.of(new ViewEntry(KEY, List.of(row)));
    byte[] json =
        Json.bytes(
            out -> {
              out.writeStartObject();
              PeerKeys.write(out, LATEST, entries);
              out.writeEndObject();
            });
    return new String(json, StandardCharsets.UTF_8);
  }

  private static List<ViewEntry> read(String json) throws JsonFields.MalformedException {
    JsonFields fields = JsonFields.parse(json.getBytes(StandardCharsets.UTF_8));
    return PeerKeys.readEntries(fields, QUESTION, 1);
  }

  @Test
  void bytesComeBack() throws Exception {
    for (byte[] bytes : List.of(new byte[0], new byte[] {0, -1, 3}, new byte[Tail.BYTES_MAX])) {
      ViewRow row = read(written(bytes)).get(0).rows().get(0);
      assertThat(row.bytes()).isEqualTo(bytes);
      assertThat(row.get("n")).isEqualTo(7);
      assertThat(row.timeMs()).isEqualTo(5);
    }
  }

  @Test
  void rowsWithoutTheirBytesAreRefused() {
    String json = written(new byte[] {1, 2, 3});
    assertThat(json).contains("\"bytes\":[\"AQID\"]");
    for (String bytes : List.of("[]", "[\"AQID\",\"AQID\"]", "[7]", "[\"!\"]", "null")) {
      String other = json.replace("[\"AQID\"]", bytes);
      assertThatThrownBy(() -> read(other))
          .as(bytes)
          .isInstanceOf(JsonFields.MalformedException.class);
    }
    String tooLong = json.replace("AQID", "A".repeat(100_000));
    assertThatThrownBy(() -> read(tooLong)).isInstanceOf(JsonFields.MalformedException.class);
  }
}

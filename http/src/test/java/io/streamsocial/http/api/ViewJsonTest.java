package io.streamsocial.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.Json;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.AggregateFunction;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.processor.views.ViewSchema;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What answers show of rows with bytes. */
final class ViewJsonTest {
  /** How long the bytes are. */
  private static final class Length implements AggregateFunction<byte[]> {
    @Override
    public String name() {
      return "length";
    }

    @Override
    public byte[] create() {
      return new byte[0];
    }

    @Override
    public byte[] add(byte[] state, long timeMs, byte[] bytes, int offset, int length) {
      return new byte[state.length + length];
    }

    @Override
    public byte[] merge(byte[] one, byte[] other) {
      return new byte[one.length + other.length];
    }

    @Override
    public byte[] encode(byte[] state) {
      return state;
    }

    @Override
    public byte[] decode(byte[] bytes) {
      return bytes;
    }

    @Override
    public long result(byte[] state) {
      return state.length;
    }
  }

  private static ViewBuilder view() {
    return View.named("v").from("input", (record, out) -> {}).sum("n");
  }

  private static String json(ViewSchema view, long[] lanes, byte[] bytes) {
    ViewRow row = ViewRow.of(view, lanes[0], lanes, bytes);
    byte[] json =
        Json.bytes(
            out -> {
              out.writeStartObject();
              new ViewJson(view).writeRows(out, List.of(row));
              out.writeEndObject();
            });
    return new String(json, UTF_8);
  }

  @Test
  void theLatestBytesAreTextWhereTheyAreUtf8() {
    ViewSchema view = view().unwindowed().latest("said").build().schema();
    assertThat(json(view, new long[] {5, 1}, "sí".getBytes(UTF_8)))
        .isEqualTo("{\"row\":{\"time_ms\":5,\"n\":1,\"said\":\"sí\"}}");
    assertThat(json(view, new long[] {5, 1}, new byte[0])).contains("\"said\":\"\"");
    assertThat(json(view, new long[] {5, 1}, new byte[] {-1, 0}))
        .isEqualTo("{\"row\":{\"time_ms\":5,\"n\":1,\"said_base64\":\"_wA\"}}");
  }

  @Test
  void anAggregateIsItsResult() {
    Duration minute = Duration.ofMinutes(1);
    ViewSchema windows =
        view().tumbling(minute, minute, minute).aggregate("size", new Length()).build().schema();
    assertThat(json(windows, new long[] {5, 1}, new byte[9]))
        .isEqualTo("{\"windows\":[{\"window\":5,\"time_ms\":5,\"n\":1,\"size\":9}]}");
    ViewSchema sessions =
        view().session(minute, minute, minute).aggregate("size", new Length()).build().schema();
    assertThat(json(sessions, new long[] {5, 8, 1}, new byte[9]))
        .isEqualTo("{\"sessions\":[{\"start_ms\":5,\"end_ms\":8,\"n\":1,\"size\":9}]}");
  }
}

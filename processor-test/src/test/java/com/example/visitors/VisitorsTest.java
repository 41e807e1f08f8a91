package com.example.visitors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.test.AggregateLaws;
import io.streamsocial.processor.test.ViewTest;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

@DisabledForJreRange(min = JRE.JAVA_22, disabledReason = "DataSketches 6.2 is for JDK 8 to 21")
final class VisitorsTest {
  /** Of each page and hour: how many different users have seen it. */
  private static final View VIEW =
      View.named("visitors")
          .from(
              "page.views", // key: the page, value: the user
              (record, out) -> {
                byte[] page = record.keyBytes();
                byte[] user = record.valueBytes();
                if (page == null || user == null) {
                  throw new RejectedRecord("no_view", "a page and a user are expected");
                }
                out.with(user).emit(record.timestampMs(), page);
              })
          .tumbling(Duration.ofHours(1), Duration.ofMinutes(5), Duration.ofDays(7))
          .aggregate("visitors", new DistinctUsers())
          .build();

  private static byte[] user(int user) {
    return ("user-" + user).getBytes(UTF_8);
  }

  @Test
  void theSketchIsAFunctionThatTheEngineCanMerge() {
    List<byte[]> users = IntStream.range(0, 100).mapToObj(VisitorsTest::user).toList();
    AggregateLaws.check(new DistinctUsers(), users, 1);
  }

  @Test
  void whoComesTwiceIsOneVisitor() {
    try (ViewTest test = ViewTest.of(VIEW).instances(2).start()) {
      for (int i = 0; i < 300; i++) {
        test.send("page.views", "home".getBytes(UTF_8), user(i % 120), test.nowMs());
        if (i == 150) {
          test.crash(0);
        }
      }
      test.settle();
      ViewKey home = ViewKey.of("home");
      WindowSpan now = new WindowSpan(test.nowMs(), test.nowMs());
      ViewRow row = test.view("visitors").get("", now, home).entry(home).get().rows().get(0);
      assertThat(row.get("visitors")).isEqualTo(120);
    }
  }
}

package io.streamsocial.http.peers;

import static io.streamsocial.http.fixture.InMemoryViews.PROFILES;
import static io.streamsocial.http.fixture.InMemoryViews.SHOPS;
import static io.streamsocial.http.fixture.TestServer.W0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.JsonFields;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Questions to views, and their parts, between instances. */
final class PeerViewsTest {
  private static final ViewQueries VIEWS = new InMemoryTrends(TestServer.WINDOW_MS).views();
  private static final Moment NOW = new Moment(0, 14);
  private static final PeerIdentity SPEAKER = new PeerIdentity(1, "app", "0", "p", 3);
  private static final ViewKey BYTES = ViewKey.of(new byte[] {(byte) 0xFF, 0});
  private static final WindowSpan HOUR = new WindowSpan(W0 - 3_600_000, W0);

  private static final PartQuestion<ViewKeys.Part> KEYS =
      PartQuestion.keys(
          new ViewKeys.Question(SHOPS, "DE", HOUR, List.of(ViewKey.of("größe!"), BYTES)), VIEWS);
  private static final PartQuestion<ViewTop.Part> TOP =
      PartQuestion.top(new ViewTop.Question(SHOPS, "", 1, 3, W0, 2));

  private static PartQuestion<ViewRange.Part> range(@Nullable ViewKey to) {
    return PartQuestion.range(
        new ViewRange.Question(PROFILES, "", WindowSpan.NONE, ViewKey.of("b"), to, 2));
  }

  private static <P extends Trending.Part> PeerQuery<P> query(PartQuestion<P> question) {
    return new PeerQuery<>(question, ReadOptions.NONE, List.of(0, 2), 3, 400);
  }

  private static SortedMap<Integer, Trending.Held> held() {
    return new TreeMap<>(
        Map.of(2, new Trending.Held(Role.STANDBY, 9, 9, new TreeMap<>(Map.of(1, 4L)))));
  }

  private static <P extends Trending.Part> byte[] reply(PeerQuery<P> query, P part) {
    Gathered<P> found = new Gathered<>(List.of(0, 2), List.of(part), new TreeSet<>(), false);
    return PeerReply.encode(query, found, SPEAKER, NOW);
  }

  private static <P extends Trending.Part> P read(PeerQuery<P> query, byte[] reply)
      throws JsonFields.MalformedException {
    return PeerReply.read(JsonFields.parse(reply), query, NOW).parts().get(0);
  }

  private static ViewEntry profile(String key, long visits) {
    return new ViewEntry(
        ViewKey.of(key), List.of(new ViewRow(PROFILES, 0, new long[] {W0, visits, W0, -1})));
  }

  private static String text(byte[] message) {
    return new String(message, StandardCharsets.UTF_8).replace(Long.toString(W0), "W0");
  }

  @Test
  void aQuestionIsReadAsItWasWritten() throws JsonFields.MalformedException {
    for (PartQuestion<?> question : List.of(KEYS, range(null), range(BYTES), TOP)) {
      PeerQuery<?> query = query(question);
      assertThat(PeerQuery.read(query.encode(), 13, VIEWS)).isEqualTo(query);
    }
  }

  /** The bytes that instances of other versions write and read. */
  @Test
  void theBytesAreAsTheyAlwaysWere() {
    assertThat(text(query(KEYS).encode()))
        .isEqualTo(
            """
            {"type":"view_keys","view":"shops","group":"DE","from":%d,"to":W0,\
            "keys":["Z3LDtsOfZSE","_wA"],"epoch":3,"partitions":[0,2],"deadline_ms":400}"""
                .formatted(W0 - 3_600_000));
    assertThat(text(query(range(BYTES)).encode()))
        .isEqualTo(
            """
            {"type":"view_range","view":"profiles","group":"","from":0,"to":0,"from_key":"Yg",\
            "to_key":"_wA","limit":2,"epoch":3,"partitions":[0,2],"deadline_ms":400}""");
    assertThat(text(query(TOP).encode()))
        .isEqualTo(
            """
            {"type":"view_top","view":"shops","group":"","by":"cents","windows":3,"at":W0,\
            "limit":2,"epoch":3,"partitions":[0,2],"deadline_ms":400}""");
    ViewRange.Part page =
        new ViewRange.Part(
            new ViewRange.Stretch(List.of(profile("b", 4)), ViewKey.of("b").next()), held());
    assertThat(text(reply(query(range(null)), page)))
        .contains(
            "\"entries\":[{\"key\":\"Yg\",\"starts\":[0],\"lanes\":[W0,4,W0,-1]}],\"end\":\"YgA\"");
  }

  @Test
  void aPartIsReadAsItWasWritten() throws JsonFields.MalformedException {
    ViewKeys.Part keys =
        new ViewKeys.Part(
            List.of(
                new ViewEntry(
                    BYTES, List.of(new ViewRow(SHOPS, W0, new long[] {1, Long.MAX_VALUE, -5})))),
            held());
    assertThat(read(query(KEYS), reply(query(KEYS), keys)).entries()).isEqualTo(keys.entries());
    ViewRange.Part page =
        new ViewRange.Part(new ViewRange.Stretch(List.of(profile("b", 4)), null), held());
    PeerQuery<ViewRange.Part> range = query(range(null));
    assertThat(read(range, reply(range, page)).stretch()).isEqualTo(page.stretch());
    ViewRange.Part expired =
        new ViewRange.Part(new ViewRange.Stretch(List.of(), ViewKey.of("c")), held());
    assertThat(read(range, reply(range, expired)).stretch()).isEqualTo(expired.stretch());
    ViewTop.Part top =
        new ViewTop.Part(
            List.of(ViewTop.Row.of(BYTES, 1, 0, -3)),
            new TreeSet<>(List.of(2)),
            new TreeSet<>(List.of(1)),
            held());
    ViewTop.Part readTop = read(query(TOP), reply(query(TOP), top));
    assertThat(readTop.rows()).isEqualTo(top.rows());
    assertThat(readTop.tooLarge()).containsExactly(2);
    assertThat(readTop.tooSlow()).containsExactly(1);
  }

  @Test
  void whatCouldFalsifyAMergeIsRefused() {
    PeerQuery<ViewRange.Part> range = query(range(null));
    List<ViewEntry> turned = List.of(profile("c", 1), profile("b", 1));
    List<ViewEntry> before = List.of(profile("a", 1));
    for (List<ViewEntry> entries : List.of(turned, before)) {
      ViewRange.Part part = new ViewRange.Part(new ViewRange.Stretch(entries, null), held());
      assertThatThrownBy(() -> read(range, reply(range, part))).hasMessageContaining("order");
    }
    ViewRange.Part stuck =
        new ViewRange.Part(new ViewRange.Stretch(List.of(), ViewKey.of("b")), held());
    assertThatThrownBy(() -> read(range, reply(range, stuck))).hasMessageContaining("end");
    ViewKeys.Part other =
        new ViewKeys.Part(List.of(new ViewEntry(ViewKey.of("x"), List.of())), held());
    assertThatThrownBy(() -> read(query(KEYS), reply(query(KEYS), other)))
        .hasMessageContaining("not asked for");
    byte[] narrow =
        reply(
            range,
            new ViewRange.Part(new ViewRange.Stretch(List.of(profile("b", 4)), null), held()));
    byte[] cut =
        text(narrow).replace(",W0,-1]", "]").replace("W0", "5").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> read(range, cut)).hasMessageContaining("4 numbers each");
    ViewTop.Part short_ =
        new ViewTop.Part(List.of(ViewTop.Row.of(BYTES, 1)), new TreeSet<>(), held());
    assertThatThrownBy(() -> read(query(TOP), reply(query(TOP), short_)))
        .hasMessageContaining("one value a window");
  }

  @Test
  void aViewThatThisInstanceLacksIsRefused() {
    byte[] unknown =
        text(query(TOP).encode())
            .replace("shops", "shopz")
            .replace("W0", "5")
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> PeerQuery.read(unknown, 13, VIEWS))
        .hasMessageContaining("no view 'shopz'");
    byte[] sessions =
        text(query(TOP).encode())
            .replace("shops", "visits")
            .replace("cents", "clicks")
            .replace("W0", "5")
            .getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> PeerQuery.read(sessions, 13, VIEWS))
        .hasMessageContaining("has sessions");
  }
}

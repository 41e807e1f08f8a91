package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What instances write to each other is read as it was meant; anything else is refused. */
class PeerMessagesTest {
  private static final Moment NOW = new Moment(0, 14);
  private static final PeerIdentity SPEAKER = new PeerIdentity(1, "app", "0", "p", 3);

  private static final ViewQueries VIEWS = new InMemoryTrends(TestServer.WINDOW_MS).views();

  private static PeerQuery<Trending.TopPart> query(
      Trending.@Nullable Key key, ReadOptions options, List<Integer> partitions) {
    Trending.Question question = new Trending.Question(2, 3, "EU-West", TestServer.NOW);
    PartQuestion<Trending.TopPart> asked =
        key == null ? PartQuestion.top(question) : PartQuestion.hashtag(key, question);
    return new PeerQuery<>(asked, options, partitions, 3, 400);
  }

  @Test
  void aQueryIsReadAsItWasWritten() throws JsonFields.MalformedException {
    ReadOptions options =
        new ReadOptions(InputOffsets.of(Map.of(0, 5L, 3, 7L)), 90, OptionalLong.of(100), false);
    PeerQuery<?> all = query(null, options, List.of(0, 2, 3));
    assertThat(PeerQuery.read(all.encode(), 13, VIEWS)).isEqualTo(all);
    PeerQuery<?> one = query(new Trending.Key("größe", 2), ReadOptions.NONE, List.of(2));
    assertThat(PeerQuery.read(one.encode(), 13, VIEWS)).isEqualTo(one);
    assertThatThrownBy(() -> PeerQuery.read(one.encode(), 2, VIEWS))
        .hasMessageContaining("'windows'");
  }

  /** Of an application that reads several topics. */
  @Test
  void offsetsOfFurtherTopicsAreCarriedByName() throws JsonFields.MalformedException {
    InputOffsets offsets =
        new InputOffsets(
            new TreeMap<>(Map.of(0, 5L)),
            new TreeMap<>(
                Map.of(
                    "shop.orders", new TreeMap<>(Map.of(0, 7L, 3, 9L)), "new", new TreeMap<>())));
    ReadOptions options = new ReadOptions(offsets, 90, OptionalLong.empty(), false);
    PeerQuery<?> query = query(null, options, List.of(0));
    assertThat(text(query)).contains("\"after_topics\":{\"new\":{},\"shop.orders\":{\"0\":7,\"3\":9}}");
    assertThat(PeerQuery.read(query.encode(), 13, VIEWS)).isEqualTo(query);
    PeerQuery<Trending.TopPart> asked = query(null, ReadOptions.NONE, List.of(0));
    SortedMap<Integer, Trending.Held> answered =
        new TreeMap<>(Map.of(0, new Trending.Held(Role.ACTIVE, 9, 9, offsets)));
    Gathered<Trending.TopPart> reply =
        new Gathered<>(
            List.of(0), List.of(new Trending.TopPart(List.of(), answered)), new TreeSet<>(), true);
    byte[] message = PeerReply.encode(asked, reply, SPEAKER, NOW);
    Gathered<Trending.TopPart> read = PeerReply.read(JsonFields.parse(message), asked, NOW);
    assertThat(read.parts().get(0).answered().get(0)).isNotNull();
    assertThat(read.behind(offsets)).isEmpty();
    InputOffsets later =
        new InputOffsets(
            new TreeMap<>(), new TreeMap<>(Map.of("shop.orders", new TreeMap<>(Map.of(3, 10L)))));
    assertThat(read.behind(later)).containsExactly(0);
  }

  /** The bytes that instances of other versions write and read. */
  @Test
  void theBytesOfAQueryAreAsTheyAlwaysWere() {
    ReadOptions options =
        new ReadOptions(InputOffsets.of(Map.of(0, 5L)), 90, OptionalLong.of(100), true);
    assertThat(text(query(null, options, List.of(0, 2))))
        .isEqualTo(
            """
            {"type":"trending","epoch":3,"partitions":[0,2],"limit":2,"windows":3,\
            "region":"EU-West","at":NOW,"after":"AQAAAAAAAAAAAAAABQ","wait_ms":90,\
            "max_staleness_ms":100,"deadline_ms":400}""");
    assertThat(text(query(new Trending.Key("java", 2), ReadOptions.NONE, List.of(2))))
        .isEqualTo(
            """
            {"type":"hashtag","hashtag":"java","epoch":3,"partitions":[2],"limit":2,"windows":3,\
            "region":"EU-West","at":NOW,"deadline_ms":400}""");
    RegionVolumes.Question slices = new RegionVolumes.Question(13, null, 5, TestServer.NOW);
    assertThat(
            text(new PeerQuery<>(PartQuestion.slices(slices), ReadOptions.NONE, List.of(1), 3, 9)))
        .isEqualTo(
            """
            {"type":"slices","min_count":5,"epoch":3,"partitions":[1],"limit":1,"windows":13,\
            "at":NOW,"deadline_ms":9}""");
  }

  private static String text(PeerQuery<?> query) {
    return text(query.encode());
  }

  private static String text(byte[] message) {
    return new String(message, StandardCharsets.UTF_8)
        .replace(Long.toString(TestServer.NOW), "NOW");
  }

  @Test
  void theBytesOfAReplyAreAsTheyAlwaysWere() {
    PeerQuery<Trending.TopPart> query = query(null, ReadOptions.NONE, List.of(0, 2, 3));
    Gathered<Trending.TopPart> reply =
        new Gathered<>(
            List.of(0, 2, 3),
            reply(List.of(row("a", 1, 2)), 0).parts(),
            new TreeSet<>(Set.of(3)),
            false);
    assertThat(text(PeerReply.encode(query, reply, SPEAKER, NOW)))
        .isEqualTo(
            """
            {"version":1,"app_id":"app","instance_id":"0","process":"p","epoch":3,\
            "starts":[0,300000],"rows":[{"hashtag":"a","counts":[1,2]}],\
            "answered":[{"partition":0,"role":"STANDBY","age_ms":5,"as_of":{"1":4}}],\
            "stale":[3],"not_held":[2]}""");
  }

  @Test
  void theBytesOfSlicesAreAsTheyAlwaysWere() throws JsonFields.MalformedException {
    RegionVolumes.Question question = new RegionVolumes.Question(2, null, 5, TestServer.NOW);
    PeerQuery<RegionVolumes.SlicesPart> query =
        new PeerQuery<>(PartQuestion.slices(question), ReadOptions.NONE, List.of(0), 3, 9);
    RegionVolumes.Slice slice =
        new RegionVolumes.Slice(
            0,
            0.5,
            Map.of("EU", new long[] {7, 9}),
            List.of(new RegionVolumes.Candidate("EU", "java", new long[] {1, 5})));
    TreeMap<Integer, Trending.Held> answered =
        new TreeMap<>(
            Map.of(0, new Trending.Held(Role.ACTIVE, 9, 9, new TreeMap<>(Map.of(1, 4L)))));
    Gathered<RegionVolumes.SlicesPart> reply =
        new Gathered<>(
            List.of(0),
            List.of(new RegionVolumes.SlicesPart(List.of(slice), answered)),
            new TreeSet<>(),
            false);
    byte[] message = PeerReply.encode(query, reply, SPEAKER, NOW);
    assertThat(text(message))
        .isEqualTo(
            """
            {"version":1,"app_id":"app","instance_id":"0","process":"p","epoch":3,\
            "starts":[],"rows":[],"slices":[{"partition":0,"elapsed":500000000,\
            "volumes":[{"region":"EU","counts":[7,9]}],\
            "candidates":[{"region":"EU","hashtag":"java","counts":[1,5]}]}],\
            "answered":[{"partition":0,"role":"ACTIVE","age_ms":5,"as_of":{"1":4}}],\
            "stale":[],"not_held":[]}""");
    Gathered<RegionVolumes.SlicesPart> read = PeerReply.read(JsonFields.parse(message), query, NOW);
    assertThat(PeerReply.encode(query, read, SPEAKER, NOW)).isEqualTo(message);
  }

  private static Trending.Row row(String tag, long... counts) {
    List<Trending.WindowCount> windows = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      windows.add(new Trending.WindowCount(i * 300_000L, counts[i]));
    }
    return Trending.Row.of(tag, windows);
  }

  private static Gathered<Trending.TopPart> reply(List<Trending.Row> rows, int... partitions) {
    TreeMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (int partition : partitions) {
      answered.put(partition, new Trending.Held(Role.STANDBY, 9, 9, new TreeMap<>(Map.of(1, 4L))));
    }
    return new Gathered<>(
        List.copyOf(answered.keySet()),
        List.of(new Trending.TopPart(rows, answered)),
        new TreeSet<>(),
        false);
  }

  private static Gathered<Trending.TopPart> read(
      Gathered<Trending.TopPart> reply, PeerQuery<Trending.TopPart> query)
      throws JsonFields.MalformedException {
    return PeerReply.read(
        JsonFields.parse(PeerReply.encode(query, reply, SPEAKER, NOW)), query, NOW);
  }

  @Test
  void aReplyIsReadAsItWasWritten() throws JsonFields.MalformedException {
    PeerQuery<Trending.TopPart> query = query(null, ReadOptions.NONE, List.of(0, 2, 3));
    Gathered<Trending.TopPart> reply =
        reply(List.of(row("#a\"", 1, 2, 3), row("é𐐨", 4, 0, 0)), 0, 3);
    Gathered<Trending.TopPart> read = read(reply, query);
    assertThat(read.parts()).isEqualTo(reply.parts());
    assertThat(read.notHeld()).isEqualTo(Set.of(2));
    byte[] message = PeerReply.encode(query, reply, SPEAKER, NOW);
    assertThat(PeerIdentity.read(JsonFields.parse(message))).isEqualTo(SPEAKER);
    assertThat(message.length).isLessThan((int) query.question().replyBytesMax(3));
  }

  @Test
  void anAgeIsReadByTheReadersOwnClockWhateverTheWallClocksSay()
      throws JsonFields.MalformedException {
    PeerQuery<Trending.TopPart> query = query(null, ReadOptions.NONE, List.of(0));
    byte[] message =
        PeerReply.encode(query, reply(List.of(), 0), SPEAKER, new Moment(86_400_000, 14));
    Moment asked = new Moment(1, 70_000);
    Gathered<Trending.TopPart> read = PeerReply.read(JsonFields.parse(message), query, asked);
    assertThat(read.parts().get(0).answered().values())
        .extracting(Trending.Held::freshMs)
        .containsExactly(70_000L - (14 - 9));
  }

  @Test
  void aReplyOfMoreThanWasAskedIsRefused() {
    PeerQuery<Trending.TopPart> query = query(null, ReadOptions.NONE, List.of(0, 2));
    assertThatThrownBy(() -> read(reply(List.of(), 1), query))
        .hasMessageContaining("partitions that it was not asked for");
    assertThatThrownBy(() -> read(reply(List.of(row("a", 1), row("b", 1), row("c", 1)), 0), query))
        .hasMessageContaining("more than it was asked for");
    assertThatThrownBy(() -> read(reply(List.of(row("a", 1, 1, 1, 1)), 0), query))
        .hasMessageContaining("more than it was asked for");
    assertThatThrownBy(() -> read(reply(List.of(row("a", -1)), 0), query))
        .hasMessageContaining("'counts'");
    assertThatThrownBy(() -> read(reply(List.of(row("a", 1, 1), row("b", 1)), 0), query))
        .hasMessageContaining("one count a window");
  }

  @Test
  void aStatusIsReadAsItWasWritten() throws JsonFields.MalformedException {
    PeerStatus status =
        PeerStatus.of(
            Statuses.of(EngineState.RESTORING, 0, 0), EngineState.RESTORING, TestServer.WINDOW_MS);
    Moment now = new Moment(TestServer.NOW, TestServer.NOW);
    assertThat(PeerStatus.read(Json.bytes(json -> status.write(json, now)), now)).isEqualTo(status);
    assertThat(status.canRead(0)).isFalse();
    assertThat(status.canRead(1)).isTrue();
    assertThat(status.canRead(7)).isFalse();
  }

  @Test
  void howFarAnInstanceHasReadDoesNotDependOnWhenItStarted() throws JsonFields.MalformedException {
    PeerStatus status =
        PeerStatus.of(
            Statuses.of(EngineState.RUNNING, 0, 0), EngineState.RUNNING, TestServer.WINDOW_MS);
    Moment there = new Moment(TestServer.NOW, TestServer.NOW);
    Moment here = new Moment(TestServer.NOW, 7_000_000);
    PeerStatus read = PeerStatus.read(Json.bytes(json -> status.write(json, there)), here);
    assertThat(read.newestMs(0)).as("42 ms ago, by the steady clock here").isEqualTo(6_999_958);
  }

  @Test
  void theBreakerOpensAfterFiveFailuresInARowOrOneRefusal() {
    List<String> heard = new ArrayList<>();
    Breaker breaker =
        new Breaker(
            new Breaker.Listener() {
              @Override
              public void opened() {
                heard.add("opened");
              }

              @Override
              public void closed() {
                heard.add("closed");
              }
            });
    for (int i = 0; i < 4; i++) {
      breaker.failed();
    }
    assertThat(breaker.isOpen()).isFalse();
    assertThat(breaker.isSuspect()).isTrue();
    breaker.succeeded();
    for (int i = 0; i < 4; i++) {
      breaker.failed();
    }
    assertThat(breaker.isOpen()).isFalse();
    breaker.failed();
    assertThat(breaker.isOpen()).isTrue();
    breaker.succeeded();
    assertThat(breaker.isOpen()).isFalse();
    breaker.refused();
    breaker.refused();
    assertThat(breaker.isOpen()).isTrue();
    assertThat(heard).containsExactly("opened", "closed", "opened");
  }
}

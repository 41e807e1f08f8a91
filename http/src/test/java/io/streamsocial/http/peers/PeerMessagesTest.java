package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.api.AnswerCache;
import io.streamsocial.http.api.TrendingBody;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Trending;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What instances write to each other is read as it was meant; anything else is refused. */
class PeerMessagesTest {
  private static final PeerIdentity SPEAKER = new PeerIdentity(1, "app", "0", "p", 3);

  private static PeerQuery query(
      Trending.@Nullable Key key, ReadOptions options, List<Integer> partitions) {
    Trending.Question question = new Trending.Question(2, 3, "EU-West", TestServer.NOW);
    return new PeerQuery(new PartQuestion(key, question, options), partitions, 3, 400);
  }

  @Test
  void aQueryIsReadAsItWasWritten() throws JsonFields.MalformedException {
    ReadOptions options = new ReadOptions(Map.of(0, 5L, 3, 7L), 90, OptionalLong.of(100), false);
    PeerQuery all = query(null, options, List.of(0, 2, 3));
    assertThat(PeerQuery.read(all.encode(), 13)).isEqualTo(all);
    PeerQuery one = query(new Trending.Key("größe", 2), ReadOptions.NONE, List.of(2));
    assertThat(PeerQuery.read(one.encode(), 13)).isEqualTo(one);
    assertThatThrownBy(() -> PeerQuery.read(one.encode(), 2)).hasMessageContaining("'windows'");
  }

  @Test
  void aQueryForAPageIsReadAsItWasWritten() throws JsonFields.MalformedException {
    for (String to : new String[] {null, "ö"}) {
      KeyPage.Question page = new KeyPage.Question(7, 3, "EU", 1_000_000, "größe\0", to);
      PeerQuery query =
          new PeerQuery(PartQuestion.of(page, ReadOptions.NONE), List.of(0, 2), 3, 400);
      assertThat(PeerQuery.read(query.encode(), 13)).isEqualTo(query);
    }
  }

  private static Trending.Row row(String tag, long... counts) {
    List<Trending.WindowCount> windows = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      windows.add(new Trending.WindowCount(i * 300_000L, counts[i]));
    }
    return Trending.Row.of(tag, windows);
  }

  private static PeerReply reply(List<Trending.Row> rows, int... partitions) {
    TreeMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (int partition : partitions) {
      answered.put(partition, new Trending.Held(Role.STANDBY, 9, new TreeMap<>(Map.of(1, 4L))));
    }
    return new PeerReply(new Trending.TopPart(rows, answered), new TreeSet<>(), new TreeSet<>());
  }

  private static PeerReply read(PeerReply reply, PeerQuery query)
      throws JsonFields.MalformedException {
    return PeerReply.read(JsonFields.parse(reply.encode(SPEAKER)), query);
  }

  @Test
  void aReplyIsReadAsItWasWritten() throws JsonFields.MalformedException {
    PeerQuery query = query(null, ReadOptions.NONE, List.of(0, 2, 3));
    PeerReply reply = reply(List.of(row("#a\"", 1, 2, 3), row("é𐐨", 4, 0, 0)), 0, 3);
    PeerReply read = read(reply, query);
    assertThat(read.part()).isEqualTo(reply.part());
    assertThat(read.notHeld()).isEqualTo(Set.of(2));
    assertThat(PeerIdentity.read(JsonFields.parse(reply.encode(SPEAKER)))).isEqualTo(SPEAKER);
    assertThat(reply.encode(SPEAKER).length).isLessThan((int) PeerReply.bytesMax(query));
  }

  @Test
  void aReplyOfMoreThanWasAskedIsRefused() {
    PeerQuery query = query(null, ReadOptions.NONE, List.of(0, 2));
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
    assertThat(PeerStatus.read(Json.bytes(status::write))).isEqualTo(status);
    assertThat(status.canRead(0)).isFalse();
    assertThat(status.canRead(1)).isTrue();
    assertThat(status.canRead(7)).isFalse();
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

  @Test
  void aRemoteAnswerIsReusedForOnePublishIntervalOnly() {
    long[] nanos = {0};
    AnswerCache cache = new AnswerCache(100, () -> nanos[0]);
    AnswerCache.Key key = new AnswerCache.Key(10, 3, null, 0);
    TrendingBody body = TrendingBody.of(Trending.merge(1, List.of(0), List.of()), BigDecimal.ONE);
    cache.keep(key, 7, true, body);
    nanos[0] = 99_999_999;
    assertThat(cache.find(key, 7)).contains(body);
    assertThat(cache.find(key, 8)).isEmpty();
    nanos[0] = 100_000_000;
    assertThat(cache.find(key, 7)).isEmpty();
    cache.keep(key, 7, false, body);
    nanos[0] = 900_000_000;
    assertThat(cache.find(key, 7)).contains(body);
  }
}

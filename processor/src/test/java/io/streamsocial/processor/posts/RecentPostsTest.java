package io.streamsocial.processor.posts;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.store.HeapBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

final class RecentPostsTest {
  private static final long SPAN = 600_000;
  private static final long DISORDER = 60_000;
  private static final long NOW = 1_763_000_000_000L;

  private final HeapBudget heap = new HeapBudget(64 << 20);
  private final PostIds ids = new PostIds(true);
  private final List<Long> forgotten = new ArrayList<>();
  private RecentPosts recent = recent(heap);
  private long offset;

  private RecentPosts recent(HeapBudget of) {
    return new RecentPosts(SPAN, of, 0, forgotten::add);
  }

  private boolean repeats(String id, long timeMs, long wallMs) {
    ids.header(new RecordHeaders());
    ids.postId(id.toCharArray(), 0, id.length());
    boolean repeats = recent.isRepeated(ids, offset++, timeMs, wallMs);
    recent.settle(offset);
    return repeats;
  }

  private boolean repeats(String id, long timeMs) {
    return repeats(id, timeMs, timeMs);
  }

  @Test
  void aPostRepeatsTheLastOneWithItsIdForTheSpan() {
    assertThat(repeats("a", NOW)).isFalse();
    assertThat(repeats("b", NOW)).isFalse();
    assertThat(repeats("a", NOW + SPAN)).isTrue();
    assertThat(repeats("b", NOW + SPAN + 1)).isFalse();
    // Counted from the last, repetition or not: whoever reads on from there must decide alike.
    assertThat(repeats("a", NOW + 2 * SPAN)).isTrue();
    assertThat(repeats("a", NOW + SPAN - 1)).as("dated back by more than the span").isFalse();
  }

  @Test
  void nothingTakesNothing() {
    ids.header(new RecordHeaders());
    for (int i = 0; i < 1_000; i++) {
      assertThat(recent.isRepeated(ids, i, NOW + i * SPAN, NOW)).isFalse();
    }
    assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isZero();
    assertThat(recent.oldestOffset(7)).isEqualTo(7);
    assertThat(recent.horizonMs()).isEqualTo(SPAN);
  }

  @Test
  void idsAreForgottenWhenTheirTimeIsOver() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(repeats("id" + i, NOW + i)).isFalse();
    }
    long full = heap.used(HeapBudget.Use.RECENT_IDS);
    assertThat(full).isPositive();
    ids.clearPostId();
    for (int i = 1; i <= 2; i++) {
      recent.passed(NOW + 20_000 + i * (SPAN + DISORDER), NOW + SPAN * 10);
      recent.settle(offset);
    }
    assertThat(recent.size()).isZero();
    assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isZero();
    assertThat(recent.oldestOffset(offset)).isEqualTo(offset);
    assertThat(forgotten).isEmpty();
    assertThat(repeats("id1", NOW + SPAN)).isFalse();
    recent.close();
    assertThat(heap.recentPart()).isEqualTo(heap.share(HeapBudget.Use.RECENT_IDS));
  }

  @Test
  void aRecordThatIsDatedAheadMakesNobodyForget() {
    assertThat(repeats("a", NOW)).isFalse();
    for (int i = 1; i < 10; i++) {
      assertThat(repeats("ahead" + i, NOW + i * 86_400_000L, NOW + i)).isFalse();
    }
    assertThat(repeats("a", NOW + SPAN)).isTrue();
    assertThat(repeats("ahead3", NOW + 3 * 86_400_000L, NOW + SPAN)).isTrue();
    assertThat(repeats("no time", -1)).isFalse();
    assertThat(repeats("no time", Long.MAX_VALUE, NOW)).isFalse();
  }

  @Test
  void withoutRoomTheOldestAreForgottenEarlyAndSo() {
    HeapBudget small = new HeapBudget(4 << 20);
    recent = recent(small);
    int last = 100_000;
    for (int i = 0; i <= last; i++) {
      assertThat(repeats("id" + i, NOW + i)).isFalse();
      assertThat(small.used(HeapBudget.Use.RECENT_IDS))
          .isLessThanOrEqualTo(small.share(HeapBudget.Use.RECENT_IDS));
    }
    long horizon = recent.horizonMs();
    assertThat(horizon).isBetween(1_000L, last - 1L);
    assertThat(forgotten.stream().mapToLong(n -> n).sum()).isEqualTo(last + 1 - recent.size());
    for (long i = last - horizon; i <= last; i += 100) {
      assertThat(repeats("id" + i, NOW + last)).as("id" + i).isTrue();
    }
    assertThat(repeats("id0", NOW + last)).isFalse();
  }

  @Test
  void partitionsShareTheRoom() {
    HeapBudget small = new HeapBudget(4 << 20);
    recent = recent(small);
    long alone = small.recentPart();
    assertThat(repeats("a", NOW)).isFalse();
    try (RecentPosts other = recent(small)) {
      RecentPosts first = recent;
      recent = other;
      assertThat(repeats("a", NOW)).as("each partition has its own ids").isFalse();
      assertThat(small.recentPart()).isEqualTo(alone / 2);
      recent = first;
    }
    assertThat(small.recentPart()).isEqualTo(alone);
  }

  // ---------------------------------------------------------------- against a plain list

  /** One post: its ids, empty for none. */
  private record Post(String header, String postId, long timeMs) {}

  /** Whether a post repeats another: the last one before it with the same id decides. */
  private static boolean plain(List<Post> log, int at) {
    Post post = log.get(at);
    boolean byHeader = false;
    boolean byId = false;
    boolean repeats = false;
    for (int i = at - 1; i >= 0 && !(byHeader && byId); i--) {
      Post before = log.get(i);
      boolean isNear = Math.abs(before.timeMs - post.timeMs) <= SPAN;
      if (!byHeader && !post.header.isEmpty() && before.header.equals(post.header)) {
        byHeader = true;
        repeats |= isNear;
      }
      if (!byId && !post.postId.isEmpty() && before.postId.equals(post.postId)) {
        byId = true;
        repeats |= isNear;
      }
    }
    return repeats;
  }

  private static List<Post> log(SplittableRandom random) {
    List<Post> log = new ArrayList<>();
    long timeMs = NOW;
    int names = random.nextInt(1, 60);
    for (int i = random.nextInt(400); i > 0; i--) {
      timeMs += random.nextInt(8) == 0 ? random.nextLong(SPAN) : random.nextLong(20_000);
      log.add(
          new Post(
              random.nextInt(3) == 0 ? "n" + random.nextInt(names) : "",
              random.nextInt(3) > 0 ? "n" + random.nextInt(names) : "",
              timeMs - random.nextLong(DISORDER)));
    }
    return log;
  }

  private boolean repeats(RecentPosts in, Post post, long at, long wallMs) {
    Headers headers = new RecordHeaders();
    if (!post.header.isEmpty()) {
      headers.add(PostRules.IDEMPOTENCY_HEADER, utf8(post.header));
    }
    ids.header(headers);
    ids.postId(post.postId.toCharArray(), 0, post.postId.length());
    return in.isRepeated(ids, at, post.timeMs, wallMs);
  }

  /** With publishes, returns to the last one, and successors that read only what they must. */
  @Test
  void whateverIsReadAgainTheAnswersAreThoseOfAPlainList() {
    Property.holds(
        Integer.getInteger("cases", 2_000),
        random -> {
          List<Post> log = log(random);
          RecentPosts one = recent(heap);
          int settled = 0;
          for (int at = 0; at < log.size(); at++) {
            long wallMs = random.nextInt(4) == 0 ? log.get(at).timeMs : Long.MAX_VALUE;
            assertThat(repeats(one, log.get(at), at, wallMs))
                .as("post %s: %s", at, log.get(at))
                .isEqualTo(plain(log, at));
            switch (random.nextInt(12)) {
              case 0, 1, 2 -> {
                settled = at + 1;
                one.settle(settled);
              }
              case 3 -> {
                one.rewind();
                at = settled - 1;
              }
              case 4 -> {
                RecentPosts successor = recent(heap);
                int from = (int) one.oldestOffset(settled);
                for (int back = from; back < settled; back++) {
                  boolean unused = repeats(successor, log.get(back), back, Long.MAX_VALUE);
                  successor.settle(settled);
                }
                one.close();
                one = successor;
                at = settled - 1;
              }
              default -> {}
            }
          }
          one.close();
          assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isZero();
          assertThat(forgotten).isEmpty();
        });
  }
}

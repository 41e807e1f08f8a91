package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.http.RequestMemory.Use;
import org.junit.jupiter.api.Test;

/** One bound for bodies, posts and answers of all requests. */
class RequestMemoryTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final RequestMemory memory = new RequestMemory(4_000, meters);

  private double used() {
    return meters.get("streamsocial.http.request.memory").gauge().value();
  }

  private Problem refusal(RequestMemory.Share share, long bytes, Use use) {
    return catchThrowableOfType(RefusalException.class, () -> share.take(bytes, use)).problem();
  }

  @Test
  void bodiesLeaveRoomForPostsAndTheseForAnswers() {
    RequestMemory.Share body = memory.share();
    RequestMemory.Share other = memory.share();
    body.take(2_000, Use.BODY);
    assertThat(refusal(other, 1, Use.BODY).type()).isEqualTo(ProblemType.OVERLOADED);
    body.take(1_000, Use.POSTS);
    assertThat(refusal(other, 1, Use.POSTS).type()).isEqualTo(ProblemType.OVERLOADED);
    other.take(1_000, Use.ANSWER);
    assertThat(refusal(memory.share(), 1, Use.ANSWER).headers()).containsKey("Retry-After");
    assertThat(used()).isEqualTo(4_000);
    body.close();
    body.close();
    assertThat(used()).isEqualTo(1_000);
    other.take(1_000, Use.BODY);
    other.close();
    assertThat(used()).isZero();
    assertThat(
            meters
                .get("streamsocial.http.request.memory.refused")
                .tag("use", "body")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void whatOneRequestCanNeverHaveIsNoMatterOfWaiting() {
    RequestMemory.Share share = memory.share();
    share.take(1_500, Use.BODY);
    Problem problem = refusal(share, 1_501, Use.POSTS);
    assertThat(problem.type()).isEqualTo(ProblemType.BODY_TOO_LARGE);
    assertThat(problem.detail()).contains("3000 bytes", "--request-memory", "send it in several");
    assertThat(refusal(memory.share(), 4_001, Use.ANSWER).detail()).contains("ask for less");
    share.take(1_500, Use.POSTS);
    assertThatThrownBy(() -> share.take(1, Use.POSTS)).isInstanceOf(RefusalException.class);
  }
}

package io.streamsocial.processor.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClosingTest {
  private final List<String> closed = new ArrayList<>();

  private Runnable part(String name, Throwable failure) {
    return () -> {
      closed.add(name);
      if (failure instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) failure;
    };
  }

  @Test
  void whatFailsKeepsNothingElseOpen() {
    RuntimeException first = new IllegalStateException("first");
    Error second = new OutOfMemoryError("second");
    Throwable thrown =
        catchThrowable(
            () -> Closing.all(List.of(part("a", first), part("b", second), () -> closed.add("c"))));
    assertThat(closed).containsExactly("a", "b", "c");
    assertThat(thrown).isSameAs(first).hasSuppressedException(second);
  }

  @Test
  void anErrorIsNoSmallerForComingFirst() {
    Error error = new OutOfMemoryError("no memory");
    assertThat(catchThrowable(() -> Closing.all(List.of(part("a", error), () -> closed.add("b")))))
        .isSameAs(error);
    assertThat(closed).containsExactly("a", "b");
  }
}

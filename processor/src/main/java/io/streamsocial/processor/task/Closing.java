package io.streamsocial.processor.task;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Closes several things, whatever of it fails: a store that stays open is locked for the next
 * engine of this process, and a consumer that stays open is fenced by the next one, or fences it.
 */
public final class Closing {
  private Closing() {}

  /** Runs each of them, in this order, and throws the first failure after the last of them. */
  public static void all(List<Runnable> parts) {
    Throwable first = null;
    for (Runnable part : parts) {
      try {
        part.run();
      } catch (RuntimeException | Error e) {
        first = merged(first, e);
      }
    }
    if (first instanceof Error error) {
      throw error;
    }
    if (first instanceof RuntimeException failure) {
      throw failure;
    }
  }

  private static Throwable merged(@Nullable Throwable first, Throwable next) {
    if (first == null) {
      return next;
    }
    if (first != next) {
      first.addSuppressed(next);
    }
    return first;
  }
}

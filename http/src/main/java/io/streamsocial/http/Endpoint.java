package io.streamsocial.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Answers the requests of one path and method. */
@FunctionalInterface
public interface Endpoint {
  /**
   * Called on an event loop: must not block. Work that may block goes to a pool, which completes
   * the stage on any thread. A stage that fails is a bug and is answered by 500.
   */
  CompletionStage<Response> answer(Request request);

  /** An endpoint that can answer at once. */
  @FunctionalInterface
  interface Direct {
    Response answer(Request request);
  }

  static Endpoint direct(Direct direct) {
    return request -> CompletableFuture.completedFuture(direct.answer(request));
  }
}

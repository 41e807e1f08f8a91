package io.streamsocial.http.api;

import io.streamsocial.http.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Answers the requests of an endpoint that an embedding program has on the server. */
@FunctionalInterface
public interface Handler {
  /**
   * Called for each request, many at a time, on a thread of the read pool: it may block, and takes
   * that thread from the queries meanwhile. What asks other instances gives a stage, so no thread
   * waits for them: do not join one here, and do not block in what is composed on it, which runs on
   * a thread that serves others.
   *
   * @return completed on any thread; a failure is answered by 500 and logged, a {@link
   *     io.streamsocial.http.RefusalException} by its problem
   * @throws Exception likewise
   */
  CompletionStage<Response> answer(Call call) throws Exception;

  /** For one that has its answer when it returns. */
  @FunctionalInterface
  interface Plain {
    Response answer(Call call) throws Exception;
  }

  /** The plain one as any other. */
  static Handler plain(Plain handler) {
    return call -> CompletableFuture.completedFuture(handler.answer(call));
  }
}

package io.streamsocial.http.peers;

import io.streamsocial.http.Access;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.questions.UnknownViewException;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers the other instances. It asks none of them in turn, so a query makes at most one hop. */
final class PeerEndpoints {
  /** Sent where this instance holds none of the partitions that it was asked for. */
  static final String EPOCH_HEADER = "Routing-Epoch";

  /** A query names partitions and a question, of 100 keys at most; a larger one is none. */
  private static final int QUERY_BYTES_MAX = 262_144;

  private final ThisInstance self;
  private final LocalParts local;
  private final Windowing windowing;

  PeerEndpoints(ThisInstance self, LocalParts local, Windowing windowing) {
    this.self = self;
    this.local = local;
    this.windowing = windowing;
  }

  List<Resource> resources() {
    return List.of(
        Resource.get(PeerClient.STATUS_PATH, Endpoint.direct(this::status)).needing(Access.PEER),
        Resource.post(PeerClient.QUERY_PATH, this::query).needing(Access.PEER),
        Resource.post("/api/query/local", this::query).needing(Access.PEER));
  }

  private Response status(Request request) {
    PeerStatus status = PeerStatus.of(self.status(), self.state(), windowing.sizeMs());
    return Response.json(200, json -> status.write(json, request.now()));
  }

  private CompletionStage<Response> query(Request request) {
    PeerQuery<?> query;
    if (request.body().length > QUERY_BYTES_MAX) {
      return request.refused(
          Problem.of(ProblemType.BODY_TOO_LARGE, "a query may have " + QUERY_BYTES_MAX + " bytes"));
    }
    try {
      query = PeerQuery.read(request.body(), windowing.windowsMax(), local.views());
    } catch (UnknownViewException e) {
      return request.refused(notAnswered(e.getMessage()));
    } catch (JsonFields.MalformedException e) {
      return request.refused(
          Problem.of(ProblemType.BAD_PARAMETERS, "the query cannot be read: " + e.getMessage()));
    }
    Optional<String> waiting = query.question().view().flatMap(local.views()::waiting);
    return waiting.isPresent()
        ? request.refused(notAnswered(waiting.get()))
        : answer(request, query);
  }

  /** In a rolling restart the instances differ in their views: that is no failure of either. */
  private static Problem notAnswered(@Nullable String why) {
    return Problem.of(ProblemType.NOT_FOUND, String.valueOf(why));
  }

  private <P extends Trending.Part> CompletionStage<Response> answer(
      Request request, PeerQuery<P> query) {
    long startNanos = System.nanoTime();
    return local
        .answer(query.question(), query.options(), query.partitions())
        .thenApply(
            found -> {
              long spentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
              return spentMs > query.deadlineMs()
                  ? request.refuse(late())
                  : answer(request, query, found);
            });
  }

  private static Problem late() {
    return Problem.retryLater(
        ProblemType.OVERLOADED, "the deadline passed before the state could be read", 1);
  }

  private <P extends Trending.Part> Response answer(
      Request request, PeerQuery<P> query, Gathered<P> found) {
    PeerIdentity speaker = PeerIdentity.of(self.status());
    if (found.parts().isEmpty() && found.stale().isEmpty()) {
      String detail =
          "partitions %s are not here, by epoch %d".formatted(found.notHeld(), speaker.epoch());
      return request.refuse(
          Problem.of(ProblemType.MISDIRECTED, detail)
              .with(EPOCH_HEADER, Integer.toString(speaker.epoch())));
    }
    return Response.json(200, PeerReply.encode(query, found, speaker, request.now()), Map.of());
  }
}

package io.streamsocial.http.peers;

import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** What other instances ask of this one. It asks nobody in turn: a query makes one hop at most. */
public final class PeerEndpoints {
  /** In the refusal of who holds nothing of what it was asked for. */
  static final String EPOCH_HEADER = "Routing-Epoch";

  private final ThisInstance self;
  private final LocalParts local;
  private final int windowsMax;
  private final long windowMs;

  public PeerEndpoints(ThisInstance self, LocalParts local, int windowsMax, long windowMs) {
    this.self = self;
    this.local = local;
    this.windowsMax = windowsMax;
    this.windowMs = windowMs;
  }

  /** GET /internal/v1/status. */
  public Response status(Request request) {
    PeerStatus status = PeerStatus.of(self.status(), self.state(), windowMs);
    return Response.json(200, status::write);
  }

  /** POST /internal/v1/query, also POST /api/query/local. */
  public CompletionStage<Response> query(Request request) {
    PeerQuery query;
    try {
      query = PeerQuery.read(request.body(), windowsMax);
    } catch (JsonFields.MalformedException e) {
      return request.refused(
          Problem.of(ProblemType.BAD_PARAMETERS, "the query cannot be read: " + e.getMessage()));
    }
    long startNanos = System.nanoTime();
    return local
        .answer(query.asked(), query.partitions())
        .thenApply(
            found -> {
              long spentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
              return spentMs > query.deadlineMs()
                  ? request.refuse(late())
                  : answer(request, PeerReply.of(found, query.partitions()));
            });
  }

  private static Problem late() {
    return Problem.retryLater(
        ProblemType.OVERLOADED, "the deadline passed before the state could be read", 1);
  }

  private Response answer(Request request, PeerReply reply) {
    PeerIdentity speaker = PeerIdentity.of(self.status());
    if (reply.part().answered().isEmpty() && reply.stale().isEmpty()) {
      String detail =
          "partitions %s are not here, by epoch %d".formatted(reply.notHeld(), speaker.epoch());
      return request.refuse(
          Problem.of(ProblemType.MISDIRECTED, detail)
              .with(EPOCH_HEADER, Integer.toString(speaker.epoch())));
    }
    return Response.json(200, reply.encode(speaker), Map.of());
  }
}

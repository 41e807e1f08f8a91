package io.streamsocial.http.peers;

import io.micrometer.core.instrument.MeterRegistry;
import io.streamsocial.http.Access;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.processor.snapshots.RefusedSnapshotException;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.store.snapshots.SnapshotFile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Gives other instances snapshots of the state that is here. Taking and reading one waits for the
 * disk and for the rate, on threads of its own, so that neither connections nor queries wait.
 */
final class SnapshotEndpoints implements AutoCloseable {
  static final String OPEN_PATH = "/internal/v1/snapshot";
  static final String RELEASE_PATH = OPEN_PATH + "/release";

  /** As much of a file as one answer has: held in memory for as long as the client takes it. */
  static final int PART_BYTES = 1 << 20;

  private static final int THREADS = 2;
  private static final int QUEUE = 8;
  private static final Parameter<Long> PARTITION =
      Parameter.optionalNumber("partition", 0, Integer.MAX_VALUE);
  private static final Parameter<Long> FIRST = Parameter.optionalNumber("first", 0, Long.MAX_VALUE);
  private static final Parameter<String> FILE =
      Parameter.of(
          "file",
          String.class,
          name -> SnapshotFile.isName(name) ? Optional.of(name) : Optional.empty(),
          "the name of a file of the snapshot");

  private final ThisInstance self;
  private final ServedSnapshots snapshots;
  private final BoundedPool pool = new BoundedPool("http-snapshot", THREADS, QUEUE);

  SnapshotEndpoints(ThisInstance self, ServedSnapshots snapshots, MeterRegistry registry) {
    this.self = self;
    this.snapshots = snapshots;
    pool.bindTo(registry);
  }

  List<Resource> resources() {
    return List.of(
        Resource.post(OPEN_PATH, request -> later(request, this::open), PARTITION)
            .needing(Access.PEER),
        Resource.get(OPEN_PATH + "/{id}", request -> later(request, this::read), FILE, FIRST)
            .needing(Access.PEER),
        Resource.post(RELEASE_PATH + "/{id}", request -> later(request, this::release))
            .needing(Access.PEER));
  }

  /** Deletes those that nobody reads any more, on a thread that may wait. */
  void deleteIdle() {
    CompletionStage<Boolean> unused =
        pool.submit(
            () -> {
              snapshots.deleteIdle();
              return true;
            });
  }

  private interface Work {
    Response answer(Request request) throws RefusedSnapshotException, InterruptedException;
  }

  private CompletionStage<Response> later(Request request, Work work) {
    return pool.submit(
        () -> {
          try {
            return work.answer(request);
          } catch (RefusedSnapshotException e) {
            return request.refuse(problem(e));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RefusalException.overloaded("this instance is stopping");
          }
        });
  }

  private static Problem problem(RefusedSnapshotException e) {
    String why = String.valueOf(e.getMessage());
    return switch (e.kind()) {
      case NOT_HERE -> Problem.of(ProblemType.MISDIRECTED, why);
      case BUSY -> Problem.retryLater(ProblemType.OVERLOADED, why, 1);
      case UNKNOWN -> Problem.of(ProblemType.NOT_FOUND, why);
      case FAILED -> Problem.of(ProblemType.INTERNAL, why);
    };
  }

  private Response open(Request request) throws RefusedSnapshotException {
    Long partition = request.arguments().find(PARTITION).orElse(null);
    if (partition == null) {
      return request.refuse(
          Problem.of(ProblemType.BAD_PARAMETERS, "partition says of which one a snapshot is"));
    }
    ServedSnapshots.Opened opened = snapshots.open(partition.intValue());
    SnapshotMessage message =
        new SnapshotMessage(PeerIdentity.of(self.status()), opened.id(), opened.manifest());
    return Response.json(200, message::write);
  }

  private Response read(Request request) throws RefusedSnapshotException, InterruptedException {
    String file = request.arguments().find(FILE).orElse(null);
    if (file == null) {
      return request.refuse(Problem.of(ProblemType.BAD_PARAMETERS, "file says which one to read"));
    }
    long first = request.arguments().find(FIRST).orElse(0L);
    byte[] part = snapshots.read(request.variable(), file, first, PART_BYTES);
    return new Response(200, "application/octet-stream", part, Map.of(), false);
  }

  private Response release(Request request) {
    snapshots.release(request.variable());
    return Response.json(200, json -> json.writeRawValue("{}"));
  }

  /** Waits a moment for what runs. */
  @Override
  public void close() {
    pool.close(Duration.ofMillis(500));
  }
}

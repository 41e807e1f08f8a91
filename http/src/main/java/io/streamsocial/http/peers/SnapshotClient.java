package io.streamsocial.http.peers;

import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Response;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.store.snapshots.SnapshotException;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Has other instances take snapshots, and reads them. What fails for the moment is tried again,
 * from the byte that is missing. Called by threads that may wait.
 */
final class SnapshotClient {
  /** For a flush, and for reading all of the state once for its checksums. */
  private static final long OPEN_MS = 30_000;

  private static final long PART_MS = 10_000;
  private static final int ATTEMPTS = 5;
  private static final long PAUSE_MS = 100; // doubled each time

  private final PeerClient client;
  private final String appId;

  SnapshotClient(PeerClient client, String appId) {
    this.client = client;
    this.appId = appId;
  }

  /** Why an answer is not of the instance that it should be; else empty. */
  private interface Check {
    String mismatch(PeerIdentity speaker);
  }

  /**
   * An instance that is asked.
   *
   * @param base scheme, host and port
   */
  private record Target(String name, URI base, Check check) {
    URI uri(String path) {
      return base.resolve(path);
    }
  }

  /** An instance of the routing table. */
  SnapshotSource.Holder holder(Peer peer) {
    String name =
        "instance %s at %s".formatted(peer.instance().instanceId(), peer.instance().endpoint());
    URI base = peer.uri(client.scheme(), "/");
    return new Holder(new Target(name, base, speaker -> peer.mismatch(speaker, appId)));
  }

  /** Any instance of the application that has this address. */
  SnapshotSource.Holder holder(String name, URI base) {
    return new Holder(
        new Target(
            name,
            base,
            speaker ->
                speaker.appId().equals(appId)
                    ? ""
                    : "it belongs to application " + speaker.appId()));
  }

  private final class Holder implements SnapshotSource.Holder {
    private final Target target;

    Holder(Target target) {
      this.target = target;
    }

    @Override
    public String name() {
      return target.name();
    }

    @Override
    public SnapshotSource.Remote open(int partition)
        throws SnapshotException, InterruptedException {
      return SnapshotClient.this.open(target, partition);
    }
  }

  private SnapshotSource.Remote open(Target target, int partition)
      throws SnapshotException, InterruptedException {
    HttpRequest request =
        client
            .request(target.uri(SnapshotEndpoints.OPEN_PATH + "?partition=" + partition))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    SnapshotMessage message =
        await(
            () ->
                client.exchange(
                    () -> request, SnapshotMessage.BYTES_MAX, response -> opened(target, response)),
            OPEN_MS);
    return new Remote(target, message);
  }

  private static SnapshotMessage opened(Target target, HttpResponse<byte[]> response)
      throws PeerException, JsonFields.MalformedException {
    requireOk(response);
    SnapshotMessage message = SnapshotMessage.read(response.body());
    String mismatch = target.check().mismatch(message.speaker());
    if (!mismatch.isEmpty()) {
      throw new PeerException(PeerException.Kind.REJECTED, mismatch);
    }
    return message;
  }

  /** Another status than 200 comes with its reason, where one of us has answered. */
  private static void requireOk(HttpResponse<byte[]> response) throws PeerException {
    int status = response.statusCode();
    if (status == 200) {
      return;
    }
    String why = "it answered with status " + status;
    try {
      if (response
          .headers()
          .firstValue("Content-Type")
          .orElse("")
          .startsWith(Response.PROBLEM_JSON)) {
        why += ", " + JsonFields.parse(response.body()).text("detail", 2_000);
      }
    } catch (JsonFields.MalformedException e) {
      // The status has to do.
    }
    throw new PeerException(
        status == 503 ? PeerException.Kind.OVERLOADED : PeerException.Kind.UNABLE, why);
  }

  private final class Remote implements SnapshotSource.Remote {
    private final Target target;
    private final SnapshotMessage message;

    Remote(Target target, SnapshotMessage message) {
      this.target = target;
      this.message = message;
    }

    @Override
    public SnapshotManifest manifest() {
      return message.manifest();
    }

    @Override
    public byte[] read(SnapshotFile file, long from)
        throws SnapshotException, InterruptedException {
      String path =
          "%s/%s?file=%s&first=%d"
              .formatted(SnapshotEndpoints.OPEN_PATH, message.id(), file.name(), from);
      HttpRequest request = client.request(target.uri(path)).GET().build();
      byte[] part =
          await(
              () ->
                  client.exchange(
                      () -> request,
                      SnapshotEndpoints.PART_BYTES,
                      response -> {
                        requireOk(response);
                        return response.body();
                      }),
              PART_MS);
      if (part.length == 0) {
        throw new SnapshotException("it sent nothing of file " + file.name());
      }
      return part;
    }

    @Override
    public void close() {
      HttpRequest request =
          client
              .request(target.uri(SnapshotEndpoints.RELEASE_PATH + "/" + message.id()))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build();
      CompletableFuture<byte[]> unused =
          client.exchange(() -> request, SnapshotEndpoints.PART_BYTES, HttpResponse::body);
    }
  }

  private static <T> T await(Supplier<CompletableFuture<T>> asking, long timeoutMs)
      throws SnapshotException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      CompletableFuture<T> answer = asking.get();
      PeerException failure;
      try {
        return answer.get(timeoutMs, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        failure = PeerException.timeout();
      } catch (ExecutionException e) {
        failure = PeerException.of(e);
      } finally {
        boolean unused = answer.completeExceptionally(PeerException.cancelled());
      }
      // One that hung for all of the time is not waited for again.
      boolean mayPass =
          switch (failure.kind()) {
            case FAILED, REFUSED, OVERLOADED -> true;
            case TIMEOUT, REJECTED, UNABLE, CANCELLED -> false;
          };
      if (!mayPass || attempt == ATTEMPTS) {
        throw new SnapshotException(String.valueOf(failure.getMessage()), failure);
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MS << attempt);
    }
  }
}

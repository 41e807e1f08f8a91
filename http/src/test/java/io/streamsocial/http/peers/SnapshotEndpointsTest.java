package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.fixture.InMemoryTrends;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.server.HttpServer;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody is told who asks for a snapshot as no instance does. */
class SnapshotEndpointsTest {
  @TempDir Path temp;

  @Test
  void whatNoInstanceAsksIsTheAskersMistake() throws Exception {
    try (StateDirectory directory = StateDirectory.lock(temp);
        StoreMemory memory = new StoreMemory(8 << 20);
        HttpServer server = server(directory, memory)) {
      assertThat(answer(server, "POST", "").body())
          .contains("\"status\":400", "partition says of which one");
      assertThat(answer(server, "POST", "?partition=-1").statusCode()).isEqualTo(400);
      assertThat(answer(server, "POST", "?partition=5").statusCode()).isEqualTo(421);
      assertThat(answer(server, "GET", "/none").body())
          .contains("\"status\":400", "file says which one");
      assertThat(answer(server, "GET", "/none?file=../../.lock").statusCode()).isEqualTo(400);
      assertThat(answer(server, "GET", "/none?file=CURRENT").body())
          .contains("\"status\":404", "no such snapshot");
      assertThat(answer(server, "POST", "/release/none").statusCode()).isEqualTo(200);
    }
  }

  private static HttpServer server(StateDirectory directory, StoreMemory memory) throws Exception {
    ServedSnapshots snapshots =
        new ServedSnapshots(
            new ReadableTasks("posts"),
            List.of(),
            directory,
            memory,
            1 << 20,
            () -> TestServer.MOMENT);
    return HttpServer.start(
        TestServer.options("0", HttpLimits.defaults(), TestServer.peers(PeerOptions.TIMEOUT_MS)),
        new InMemoryTrends(TestServer.WINDOW_MS),
        () -> Statuses.of(EngineState.RUNNING, TestServer.NOW - 60_000, TestServer.NOW),
        snapshots,
        new TestServer.RecordedPosts(),
        () -> TestServer.MOMENT,
        List.of());
  }

  private static HttpResponse<String> answer(HttpServer server, String method, String rest)
      throws Exception {
    URI uri =
        URI.create(
            "http://127.0.0.1:%d%s%s".formatted(server.port(), SnapshotEndpoints.OPEN_PATH, rest));
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(uri).method(method, HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.ofString());
  }
}

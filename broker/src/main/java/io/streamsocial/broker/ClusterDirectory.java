package io.streamsocial.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Where a cluster keeps its nodes, and which cluster it is.
 *
 * @param isTemporary whether it is deleted when the cluster closes
 */
record ClusterDirectory(Path path, boolean isTemporary) {
  private static final int NODES_MAX = 3;

  /** The given directory, or a temporary one for null. */
  static ClusterDirectory open(@Nullable Path given) throws IOException {
    return given == null
        ? new ClusterDirectory(Files.createTempDirectory("streamsocial-kafka-"), true)
        : new ClusterDirectory(Files.createDirectories(given.toAbsolutePath().normalize()), false);
  }

  /**
   * The id of the cluster that the directory holds already, or a new one.
   *
   * @throws BrokerException when the directory holds a cluster of another size, or a damaged one
   */
  String clusterId(int nodes) throws IOException {
    List<Path> formatted =
        IntStream.rangeClosed(1, NODES_MAX)
            .mapToObj(i -> new BrokerNode(i, path).metaFile())
            .filter(Files::exists)
            .toList();
    if (formatted.isEmpty()) {
      return Uuid.randomUuid().toString();
    }
    if (formatted.size() > nodes || (formatted.size() == 1 && nodes > 1)) {
      throw new BrokerException(
          "%s holds a cluster of %d node(s), %d asked for: ask for as many as it has, or name another directory"
              .formatted(path, formatted.size(), nodes));
    }
    Properties meta = new Properties();
    try (InputStream in = Files.newInputStream(formatted.get(0))) {
      meta.load(in);
    }
    String id = meta.getProperty("cluster.id");
    if (id == null) {
      throw new BrokerException(
          "%s has no cluster.id: the directory is damaged, delete it or name another one"
              .formatted(formatted.get(0)));
    }
    return id;
  }

  void delete() {
    try {
      Directories.delete(path);
    } catch (IOException | UncheckedIOException e) {
      throw new BrokerException(
          "temporary directory %s cannot be deleted: %s".formatted(path, e.getMessage()), e);
    }
  }
}

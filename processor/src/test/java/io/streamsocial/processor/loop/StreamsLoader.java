package io.streamsocial.processor.loop;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs {@link CountingStreams} with the Kafka clients that Kafka Streams was built for, which are
 * older than ours: in a class loader of its own, that finds them first. The build copies them.
 */
final class StreamsLoader {
  private static final Path CLIENTS = Path.of("target", "lib-streams");

  private StreamsLoader() {}

  /** See {@link CountingStreams#count}. */
  @SuppressWarnings("unchecked") // of types that both loaders have from the JDK
  static Map<String, String> count(
      String bootstrap, String app, String input, int size, Path stateDir) throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      Method count =
          loader
              .loadClass(CountingStreams.class.getName())
              .getDeclaredMethod(
                  "count", String.class, String.class, String.class, int.class, Path.class);
      count.setAccessible(true);
      return (Map<String, String>) count.invoke(null, bootstrap, app, input, size, stateDir);
    } catch (InvocationTargetException e) {
      throw new AssertionError("Kafka Streams has failed", e.getCause());
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static URL[] classPath() throws IOException {
    List<URL> urls = new ArrayList<>();
    try (Stream<Path> clients = Files.list(CLIENTS)) {
      for (Path jar : clients.sorted().toList()) {
        urls.add(jar.toUri().toURL());
      }
    }
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return urls.toArray(URL[]::new);
  }
}

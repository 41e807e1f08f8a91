package io.streamsocial.bench;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A JDK that contenders run on.
 *
 * @param version such as 17.0.15
 */
record Jdk(Path home, String version) {
  static Jdk ofThisProcess() {
    return new Jdk(Path.of(System.getProperty("java.home")), System.getProperty("java.version"));
  }

  /** Of an option: the home of a JDK. */
  static final class Converter implements ITypeConverter<Jdk> {
    @Override
    public Jdk convert(String home) {
      Path path = Path.of(home);
      Properties release = new Properties();
      try (Reader file = Files.newBufferedReader(path.resolve("release"))) {
        release.load(file);
      } catch (IOException e) {
        throw new TypeConversionException(
            home + " is no home of a JDK: its file release cannot be read");
      }
      String version = release.getProperty("JAVA_VERSION", "");
      if (version.isEmpty() || !Files.isExecutable(path.resolve("bin").resolve("java"))) {
        throw new TypeConversionException(
            home + " is no home of a JDK: it has no bin/java, or its file release no JAVA_VERSION");
      }
      return new Jdk(path, version.replace("\"", ""));
    }
  }

  /** Such as 17. */
  String feature() {
    int dot = version.indexOf('.');
    return dot < 0 ? version : version.substring(0, dot);
  }
}

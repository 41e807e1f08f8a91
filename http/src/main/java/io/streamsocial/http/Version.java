package io.streamsocial.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The project's version, as the build wrote it into the resources. */
public final class Version {
  private static final Properties PROPERTIES = read();
  public static final String TEXT = PROPERTIES.getProperty("version", "unknown");

  private Version() {}

  /** Of a library whose files we serve: its archive names them by version. */
  public static String of(String library) {
    return PROPERTIES.getProperty(library, "unknown");
  }

  private static Properties read() {
    Properties properties = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties;
  }
}

package io.streamsocial.cli.deploy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** A POM as it is written, without what it inherits. */
final class Pom {
  private final XPath xpath = XPathFactory.newInstance().newXPath();
  private final Document document;

  private Pom(Document document) {
    this.document = document;
  }

  static Pom read(Path file) throws Exception {
    return new Pom(DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()));
  }

  /** The text of the first node of an XPath, empty where there is none. */
  String text(String path) throws XPathExpressionException {
    return xpath.evaluate(path, document).strip();
  }

  List<String> texts(String path) throws XPathExpressionException {
    NodeList nodes = (NodeList) xpath.evaluate(path, document, XPathConstants.NODESET);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent().strip());
    }
    return texts;
  }
}

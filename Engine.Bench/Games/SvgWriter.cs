using System.Globalization;
using System.Text;
using System.Xml;
using Engine.Bench.Output;

namespace Engine.Bench.Games;

/// <summary>Writes the few elements that a picture of a game needs.</summary>
internal sealed class SvgWriter : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly XmlWriter _xml;

    public SvgWriter()
        => _xml = XmlWriter.Create(_text, new() { Indent = true, IndentChars = " ", NewLineChars = "\n", OmitXmlDeclaration = true });

    /// <summary>Starts the picture.</summary>
    /// <param name="title">What it is called.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="css">Its style sheet.</param>
    public void Begin(string title, double width, double height, string css)
    {
        Open("svg", "http://www.w3.org/2000/svg");
        Attributes(("viewBox", $"0 0 {Number(width)} {Number(height)}"), ("width", Number(width)), ("height", Number(height)));
        Attributes(("role", "img"), ("aria-label", title));
        _xml.WriteElementString("title", SvgText.Clean(title));
        _xml.WriteElementString("style", css);
        _xml.WriteStartElement("rect");
        Attributes(("class", "ground"), ("width", "100%"), ("height", "100%"));
        Close();
    }

    /// <summary>Ends the picture and returns it.</summary>
    public string End()
    {
        Close();
        _xml.Flush();
        return _text.Append('\n').ToString();
    }

    /// <summary>Starts a group.</summary>
    public void Group(string cssClass)
    {
        _xml.WriteStartElement("g");
        Attributes(("class", cssClass));
    }

    /// <summary>Starts a window on the coordinates around it: what lies outside is not shown.</summary>
    public void Window(double x, double y, double width, double height)
    {
        _xml.WriteStartElement("svg");
        Attributes(("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)));
        Attributes(("viewBox", $"{Number(x)} {Number(y)} {Number(width)} {Number(height)}"), ("overflow", "hidden"));
    }

    /// <summary>Ends what was started last.</summary>
    public void Close() => _xml.WriteEndElement();

    /// <summary>Writes a line of text.</summary>
    public void Text(string cssClass, double x, double y, string text, string anchor = "start")
    {
        _xml.WriteStartElement("text");
        Attributes(("class", cssClass), ("x", Number(x)), ("y", Number(y)));
        if (anchor != "start")
            Attributes(("text-anchor", anchor));
        _xml.WriteString(SvgText.Clean(text));
        Close();
    }

    /// <summary>Starts any element.</summary>
    public void Element(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _xml.WriteStartElement(name);
        Attributes(attributes);
    }

    /// <summary>Gives the element that was started last another attribute, before anything is in it.</summary>
    public void Attribute(string name, string value) => Attributes((name, value));

    /// <summary>Draws straight lines, each given as "M x y H x" or the like.</summary>
    public void Path(string cssClass, string data)
    {
        if (data.Length == 0)
            return;
        _xml.WriteStartElement("path");
        Attributes(("class", cssClass), ("d", data));
        Close();
    }

    /// <summary>A coordinate, to a tenth of a pixel.</summary>
    public static string Number(double value)
    {
        double rounded = Math.Round(value, 1);
        return (rounded == 0 ? 0 : rounded).ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose() => _xml.Dispose();

    private void Open(string element, string space) => _xml.WriteStartElement(element, space);

    private void Attributes(params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        foreach (var (name, value) in attributes)
            _xml.WriteAttributeString(name, SvgText.Clean(value));
    }
}

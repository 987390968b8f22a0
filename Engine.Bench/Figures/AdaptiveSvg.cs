using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Engine.Bench.Output;
using static System.FormattableString;

namespace Engine.Bench.Figures;

/// <summary>
/// What Skia leaves out of an SVG: a title, texts that stand right in any font, dashes, and the colours of a dark page. A renderer that
/// knows no media query shows the light ones.
/// </summary>
internal static partial class AdaptiveSvg
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>Completes a picture.</summary>
    /// <param name="skia">What Skia has drawn.</param>
    /// <param name="title">What it is called.</param>
    /// <param name="meant">What is meant by a text in it.</param>
    public static string Of(Stream skia, string title, Func<string, string> meant)
    {
        var root = XDocument.Load(skia).Root!;
        string width = root.Attribute("width")!.Value, height = root.Attribute("height")!.Value;
        root.SetAttributeValue("viewBox", $"0 0 {width} {height}");
        root.SetAttributeValue("role", "img");
        root.SetAttributeValue("aria-label", title);
        root.AddFirst(new XElement(s_svg + "title", title), new XElement(s_svg + "style", Css()));

        // Of characters that neither our font nor a stand-in writes.
        root.Descendants(s_svg + "text").Where(text => text.Value.Length == 0).Remove();
        foreach (var text in root.Descendants(s_svg + "text"))
        {
            Anchor(text);
            text.Value = meant(text.Value.Trim());
        }

        foreach (var dash in (Dash[])[Dash.Dashed, Dash.Dotted])
            Break(root, dash);
        foreach (var path in root.Descendants().Attributes("d"))
            path.Value = Decimals().Replace(path.Value, "");
        Number(root);
        var svg = new StringBuilder();
        var format = new XmlWriterSettings { Indent = true, IndentChars = " ", NewLineChars = "\n", OmitXmlDeclaration = true };
        using (var writer = XmlWriter.Create(svg, format))
            root.Save(writer);
        return svg.Append('\n').ToString();
    }

    // A hundredth of a pixel is as fine as anyone sees.
    [GeneratedRegex(@"(?<=\.\d\d)\d+")]
    private static partial Regex Decimals();

    private static string Css()
    {
        var css = new StringBuilder($"\ntext{{font-family:{SvgText.Fonts}}}\n");
        css.Append("@media (prefers-color-scheme:dark){\n");
        foreach (var ink in Theme.All)
        {
            string light = ink == Theme.Ground ? "white" : ink.Light;
            css.Append(Invariant($"[fill=\"{light}\"]{{fill:{ink.Dark}}}[stroke=\"{light}\"]{{stroke:{ink.Dark}}}\n"));
        }

        return css.Append("}\n").ToString();
    }

    // Skia places every letter, as wide as they are in the font of this machine. The reader's font may be another: what matters is
    // whether the text begins, ends or has its middle where it was put.
    private static void Anchor(XElement text)
    {
        double[] x = Numbers("x"), y = Numbers("y");
        double size = Numbers("font-size")[0];
        double width = x[^1] - x[0] + (0.6 * size);
        string anchor = x[0] > -0.1 * width ? "start" : x[0] < -0.8 * width ? "end" : "middle";
        text.SetAttributeValue("x", anchor == "start" ? Invariant($"{x[0]:0.##}") : "0");
        text.SetAttributeValue("y", Invariant($"{y[0]:0.##}"));
        text.SetAttributeValue("text-anchor", anchor);
        text.SetAttributeValue("font-family", null);

        double[] Numbers(string name) =>
        [
            .. text.Attribute(name)!.Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)
                .Select(number => double.Parse(number, CultureInfo.InvariantCulture)),
        ];
    }

    private static void Break(XElement root, Dash dash)
    {
        string mark = Invariant($"{Pen.Mark(dash)}");
        string pattern = string.Join(' ', Pen.Pattern(dash).Select(length => Invariant($"{length}")));
        foreach (var line in root.Descendants().Where(element => (string?)element.Attribute("stroke-miterlimit") == mark))
            line.SetAttributeValue("stroke-dasharray", pattern);
    }

    // Windows are named by their order, whatever was drawn before in this process.
    private static void Number(XElement root)
    {
        var names = root.Descendants(s_svg + "clipPath").Select(window => window.Attribute("id")!).Index()
            .ToDictionary(id => $"url(#{id.Item.Value})", id => Invariant($"c{id.Index}"));
        foreach (var use in root.Descendants().Attributes("clip-path"))
            use.Value = $"url(#{names[use.Value]})";
        foreach (var window in root.Descendants(s_svg + "clipPath").Attributes("id"))
            window.Value = names[$"url(#{window.Value})"];
    }
}

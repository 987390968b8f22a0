using Engine.Bench.Output;

namespace Engine.Bench.Figures;

/// <summary>The files of a figure: its name with .svg and with .png.</summary>
internal static class FigureFiles
{
    /// <summary>What they are called.</summary>
    public static string[] Names(string name) => [name + ".svg", name + ".png"];

    /// <summary>
    /// Writes a figure. Where the library that draws can't be loaded, it says so: what was computed is worth more than its picture.
    /// </summary>
    public static void Write(RunFolder folder, string name, Figure figure, TextWriter error)
    {
        string svg;
        byte[] png;
        try
        {
            (svg, png) = (figure.ToSvg(), figure.ToPng());
        }
        catch (Exception e) when (e is TypeInitializationException or TypeLoadException or DllNotFoundException or BadImageFormatException)
        {
            string why = e.GetBaseException().Message.ReplaceLineEndings(" ").Split(". ")[0].TrimEnd('.');
            error.WriteLine($"The figure {string.Join(" and ", Names(name))} can't be drawn on this machine ({why}); all else is written.");
            return;
        }

        folder.WriteText(name + ".svg", svg);
        folder.Write(name + ".png", stream => stream.Write(png));
    }
}

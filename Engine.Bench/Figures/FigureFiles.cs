using Engine.Bench.Output;

namespace Engine.Bench.Figures;

/// <summary>The files of a figure: its name with .svg and with .png.</summary>
internal static class FigureFiles
{
    /// <summary>What they are called.</summary>
    public static string[] Names(string name) => [name + ".svg", name + ".png"];

    /// <summary>Writes a figure, if it can be drawn.</summary>
    public static void Write(RunFolder folder, string name, Figure figure, TextWriter error)
        => Try(string.Join(" and ", Names(name)), error, () =>
        {
            var (svg, png) = (figure.ToSvg(), figure.ToPng());
            folder.WriteText(name + ".svg", svg);
            folder.Write(name + ".png", stream => stream.Write(png));
        });

    /// <summary>
    /// Draws and writes figures, when all else is written. Where the library that draws can't be loaded, it says so: what was computed is
    /// worth more than its picture.
    /// </summary>
    /// <param name="files">What they are called.</param>
    /// <param name="error">Where it says so.</param>
    /// <param name="write">Draws and writes them.</param>
    /// <returns>Whether they are written.</returns>
    public static bool Try(string files, TextWriter error, Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception e) when (e is TypeInitializationException or TypeLoadException or DllNotFoundException or BadImageFormatException)
        {
            string why = e.GetBaseException().Message.ReplaceLineEndings(" ").Split(". ")[0].TrimEnd('.');
            error.WriteLine($"The figure {files} can't be drawn on this machine ({why}); all else is written.");
            return false;
        }
    }
}

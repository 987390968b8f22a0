using static Engine.Bench.Figures.SvgWriter;

namespace Engine.Bench.Figures;

/// <summary>The shapes of points: a second way to tell series apart, for readers who can't by colour.</summary>
internal static class Marks
{
    /// <summary>The outline of the shape that goes with a colour.</summary>
    public static string Shape(int color, double x, double y)
    {
        const double Radius = 3.4;
        return (color % 5) switch
        {
            1 => Square(x, y, 3.1),
            2 => $"M{Number(x)} {Number(y - 4.2)}l4 6.9h-8z",
            3 => $"M{Number(x)} {Number(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
            4 => $"M{Number(x)} {Number(y + 4.2)}l4 -6.9h-8z",
            _ => $"M{Number(x - Radius)} {Number(y)}a3.4 3.4 0 1 1 6.8 0a3.4 3.4 0 1 1 -6.8 0z",
        };
    }

    private static string Square(double x, double y, double half) => $"M{Number(x - half)} {Number(y - half)}h6.2v6.2h-6.2z";
}

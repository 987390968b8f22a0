using ScottPlot;

namespace Engine.Bench.Figures;

/// <summary>A colour on a light page, which is the one that is drawn, and its counterpart on a dark one.</summary>
internal readonly record struct Ink(string Light, string Dark)
{
    /// <summary>The colour to draw with.</summary>
    public Color Color => Color.FromHex(Light);
}

/// <summary>The colours. No two light ones are alike: a picture's dark colours are found by its light ones.</summary>
internal static class Theme
{
    public static readonly Ink Ground = new("#FFFFFF", "#0d1117");
    public static readonly Ink Text = new("#24292F", "#e6edf3");
    public static readonly Ink Muted = new("#57606A", "#a3abb5");
    public static readonly Ink Grid = new("#E4E7EB", "#272d36");
    public static readonly Ink FaintGrid = new("#F1F3F5", "#181d25");
    public static readonly Ink Axis = new("#8C959F", "#6e7681");
    public static readonly Ink Neutral = new("#7D858E", "#8b949e");

    /// <summary>Told apart with each of the common colour deficiencies, and at least 3:1 against the ground.</summary>
    public static readonly Ink[] Series =
    [
        new("#1F5BB8", "#2f7fd6"),
        new("#EE5A14", "#f07c33"),
        new("#00945A", "#3eaf78"),
        new("#BD5393", "#e08cc4"),
        new("#7A5502", "#ffd65a"),
        new("#0A9BE0", "#66dcff"),
        new("#500479", "#a880ff"),
        new("#4A464C", "#f4f0ee"),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<Ink> All => [Ground, Text, Muted, Grid, FaintGrid, Axis, Neutral, .. Series];
}

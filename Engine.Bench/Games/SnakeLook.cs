using System.Globalization;
using Engine.Bench.Output;

namespace Engine.Bench.Games;

/// <summary>Shapes and colours of a picture of Snake. One unit is a cell.</summary>
internal static class SnakeLook
{
    /// <summary>Shades of the body, which fades towards the tail.</summary>
    public const int Shades = 7;

    /// <summary>The style sheet: light, and dark where the reader's page is.</summary>
    public static string Css { get; } = $$"""

        text{font-family:{{SvgText.Fonts}};fill:#24292f}
        .label{font-size:12px}
        .head{font-size:16px;font-weight:600}
        .ground{fill:#ffffff}
        .digit{font-size:13px;font-weight:600;font-variant-numeric:tabular-nums}
        .outcome{font-size:12px;font-weight:600;fill:#c2410c}
        .won{fill:#15803d}
        .board{fill:#f3f6f1}
        .check{fill:#eaefe6}
        .edge{fill:none;stroke:#d5dcd0;stroke-width:.05}
        .snake{fill:#15803d}
        .nose{fill:#0d5c2b}
        .fruit{fill:#dc3a22}
        .stem{stroke:#7a5502;stroke-width:.08;stroke-linecap:round;fill:none}
        .leaf{fill:#4c9a2a}
        .white{fill:#ffffff}
        .pupil{fill:#0b1f12}
        .dazed{stroke:#ffffff;stroke-width:.07;stroke-linecap:round;fill:none}
        .struck{stroke:#dc3a22;stroke-width:.14;stroke-linecap:round;fill:none}
        @media (prefers-color-scheme:dark){
        text{fill:#e6edf3}
        .ground{fill:#0d1117}
        .outcome{fill:#f59e6c}
        .won{fill:#74e39d}
        .board{fill:#141a21}
        .check{fill:#1a212a}
        .edge{stroke:#2a323c}
        .snake{fill:#3fb96f}
        .nose{fill:#74e39d}
        .fruit{fill:#ff6b4f}
        .stem{stroke:#c9a45c}
        .leaf{fill:#7ccf5a}
        .dazed{stroke:#0b1f12}
        }

        """.Replace("\r", "");

    /// <summary>How opaque a shade is.</summary>
    /// <param name="shade">From 0, the head's, to <see cref="Shades"/> - 1.</param>
    public static string Opacity(int shade) => (1 - (shade / 10.0)).ToString(".#", CultureInfo.InvariantCulture);

    /// <summary>
    /// Defines the shapes: c a cell of the body, h and v links, f the fruit, n the head with e and x eyes, w the wall and b the cell of
    /// the body that it runs into, r a reel of digits.
    /// </summary>
    public static void Define(SvgWriter svg)
    {
        svg.Element("defs");

        // What is beside each other must not overlap: it is half transparent.
        Rectangle("c", ".0833", ".0833", ".8333", ".8333", ".18");
        Rectangle("h", ".9167", ".22", ".1667", ".56", "0");
        Rectangle("v", ".22", ".9167", ".56", ".1667", "0");
        Group("f");
        Shape("circle", ("class", "fruit"), ("cx", ".5"), ("cy", ".55"), ("r", ".33"));
        Shape("path", ("class", "stem"), ("d", "M.5 .28Q.5 .16 .58 .1"));
        Shape("path", ("class", "leaf"), ("d", "M.52 .22Q.66 .06 .8 .16Q.7 .3 .52 .22z"));
        svg.Close();

        // The head looks to the right, its middle at 0.
        Group("n");
        Shape(
            "path",
            ("class", "nose"),
            ("d", "M-.24 -.4167H.05C.3 -.4167 .44 -.26 .44 0S.3 .4167 .05 .4167H-.24"
                + "Q-.4167 .4167 -.4167 .24V-.24Q-.4167 -.4167 -.24 -.4167z"));
        svg.Close();
        Group("e");
        foreach (string y in (string[])["-.2", ".2"])
        {
            Shape("circle", ("class", "white"), ("cx", ".1"), ("cy", y), ("r", ".13"));
            Shape("circle", ("class", "pupil"), ("cx", ".15"), ("cy", y), ("r", ".07"));
        }

        svg.Close();
        Group("x");
        Shape("path", ("class", "dazed"), ("d", "M0 -.3l.2 .2m0 -.2l-.2 .2M0 .1l.2 .2m0 -.2l-.2 .2"));
        svg.Close();
        Shape("path", ("id", "w"), ("class", "struck"), ("d", "M.52 -.43V.43"));
        Shape("path", ("id", "b"), ("class", "struck"), ("d", "M.57 -.43H1.43V.43H.57zM.8 -.2l.4 .4m0 -.4l-.4 .4"));
        Group("r");
        for (int digit = 0; digit < 10; digit++)
            svg.Text("digit", 0, digit * Counter.Pitch, digit.ToString(CultureInfo.InvariantCulture), "middle");
        svg.Close();
        svg.Close();

        void Group(string id) => svg.Element("g", ("id", id));

        void Rectangle(string id, string x, string y, string width, string height, string radius)
            => Shape("rect", ("id", id), ("x", x), ("y", y), ("width", width), ("height", height), ("rx", radius));

        void Shape(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
        {
            svg.Element(name, attributes);
            svg.Close();
        }
    }
}

using System.Globalization;
using Engine.Core;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>The expected texts are what NumPy's <c>str</c> gives with <c>precision=4</c>.</summary>
public sealed class TensorFormatterTests
{
    public static TheoryData<int[], double[], string> Doubles => new()
    {
        { [3], [1, 2.5, -3.25], "[ 1.    2.5  -3.25]" },
        { [2, 3], [0, 1, 2, 3, 4, 5], "[[0. 1. 2.]\n [3. 4. 5.]]" },
        { [2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7], "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]" },
        { [2, 2], [1e-5, 1, 123456, -2], "[[ 1.0000e-05  1.0000e+00]\n [ 1.2346e+05 -2.0000e+00]]" },
        { [3], [0.03125, 0.09375, 1.0 / 3], "[0.0312 0.0938 0.3333]" },
        { [4], [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1.5], "[ nan  inf -inf  1.5]" },
        { [2], [double.NaN, double.PositiveInfinity], "[nan inf]" },
        { [2], [1e8, 1], "[1.e+08 1.e+00]" },
        { [3], [1e100, -2.5, 0], "[ 1.0e+100 -2.5e+000  0.0e+000]" },
        { [2], [-0.0, 0], "[-0.  0.]" },
        { [1], [1e-5], "[1.e-05]" },
        { [0, 3], [], "[]" },
        { [], [2.0 / 3], "0.6666666666666666" },
        { [], [1], "1.0" },
        { [], [1e16], "1e+16" },
        { [], [double.NaN], "nan" },
    };

    [Theory]
    [MemberData(nameof(Doubles))]
    public void DoublesReadAsInNumPy(int[] shape, double[] values, string expected)
    {
        Assert.Equal(expected, TensorFormatter.Format<double>(shape, values));
        Assert.Equal(expected, TensorFormatter.Format(ElementType.Float64, shape, i => values[i]));
    }

    [Fact]
    public void FloatsHaveTheirOwnShortestDigits()
    {
        Assert.Equal("[0.1   0.2   0.001]", TensorFormatter.Format<float>([3], [0.1f, 0.2f, 1e-3f]));
        Assert.Equal("0.1", TensorFormatter.Format<float>([], [0.1f]));
        Assert.Equal("[71962072.]", TensorFormatter.Format<float>([1], [71962072f]));
    }

    [Fact]
    public void IntegersAreAlignedOnTheRight()
    {
        Assert.Equal("[[  1 -20]\n [300   4]]", TensorFormatter.Format<int>([2, 2], [1, -20, 300, 4]));
        Assert.Equal("-7", TensorFormatter.Format<int>([], [-7]));
        Assert.Equal("[-2147483648  2147483647]", TensorFormatter.Format<int>([2], [int.MinValue, int.MaxValue]));
    }

    [Fact]
    public void LongRowsAreWrapped()
        => Assert.Equal(
            """
            [ 0.      0.8415  0.9093  0.1411 -0.7568 -0.9589 -0.2794  0.657   0.9894
              0.4121 -0.544  -1.     -0.5366  0.4202  0.9906  0.6503 -0.2879 -0.9614
             -0.751   0.1499]
            """.ReplaceLineEndings("\n"),
            TensorFormatter.Format(ElementType.Float64, [20], i => Math.Sin(i)));

    [Fact]
    public void LargeTensorsAreSummarisedByTheirEdgesAlone()
    {
        Assert.Equal("[   0    1    2 ...  998  999 1000]", TensorFormatter.Format(ElementType.Int32, [1001], i => i));
        List<int> asked = [];
        string text = TensorFormatter.Format(ElementType.Float64, [30, 40], i =>
        {
            asked.Add(i);
            return i / 8.0;
        });
        Assert.Equal(
            """
            [[0.0000e+00 1.2500e-01 2.5000e-01 ... 4.6250e+00 4.7500e+00 4.8750e+00]
             [5.0000e+00 5.1250e+00 5.2500e+00 ... 9.6250e+00 9.7500e+00 9.8750e+00]
             [1.0000e+01 1.0125e+01 1.0250e+01 ... 1.4625e+01 1.4750e+01 1.4875e+01]
             ...
             [1.3500e+02 1.3512e+02 1.3525e+02 ... 1.3962e+02 1.3975e+02 1.3988e+02]
             [1.4000e+02 1.4012e+02 1.4025e+02 ... 1.4462e+02 1.4475e+02 1.4488e+02]
             [1.4500e+02 1.4512e+02 1.4525e+02 ... 1.4962e+02 1.4975e+02 1.4988e+02]]
            """.ReplaceLineEndings("\n"),
            text);
        Assert.Equal(36, asked.Count);
    }

    [Fact]
    public void LayoutCanBeChosen()
    {
        Assert.Equal(
            "[0.33 ... 0.67]",
            TensorFormatter.Format<double>([3], [1 / 3.0, 0.5, 2 / 3.0], new TensorFormat { Precision = 2, Threshold = 2, EdgeItems = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorFormatter.Format<int>([], [1], new TensorFormat { EdgeItems = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorFormatter.Format<int>([], [1], new TensorFormat { Precision = -1 }));
    }

    [Fact]
    public void CultureDoesNotMatter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = comma;
            Assert.Equal("[-0.5     0.3333]", TensorFormatter.Format<double>([2], [-0.5, 1 / 3.0]));
            Assert.Equal("[-1  2]", TensorFormatter.Format<int>([2], [-1, 2]));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void ShapesMustFit()
    {
        Assert.Throws<ArgumentException>(() => TensorFormatter.Format<int>([2], [1]));
        Assert.Throws<ArgumentException>(() => TensorFormatter.Format<int>([-1], []));
        Assert.Throws<ArgumentException>(() => TensorFormatter.Format(ElementType.Int32, [65536, 65536], _ => 0));
        Assert.Throws<ArgumentException>(() => TensorFormatter.Format<byte>([1], [1]));
        Assert.Throws<ArgumentNullException>(() => TensorFormatter.Format(ElementType.Int32, [1], null!));
    }
}

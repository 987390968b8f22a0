using Engine.RL.Studies;
using Xunit;

namespace Engine.Tests.RL;

public class LanczosTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(60)]
    public void ToTheEndItIsTheWholeSpectrum(int size)
    {
        double[][] matrix = Symmetric(size, seed: size);
        double[] start = Vector(size, seed: 5);
        var found = Lanczos.Spectra(xs => [.. xs.Select(x => Times(matrix, x))], [start], 1000).Single();
        var expected = Lanczos.Dense(matrix, start);
        Close.All(expected.Values, found.Values, 1e-10);
        Close.All(expected.Weights, found.Weights, 1e-8);
        Assert.Equal(1, found.Weights.Sum(), 1e-10);
    }

    // What is far out comes first; and the moments of the density, which say how long products are, are exact from the start.
    [Fact]
    public void OuterEigenvaluesComeFirst()
    {
        double[][] matrix = Symmetric(200, seed: 1);
        matrix[0][0] += 100;
        matrix[1][1] -= 80;
        double[] start = Vector(200, seed: 2);
        var expected = Lanczos.Dense(matrix, start);
        var found = Lanczos.Spectra(xs => [.. xs.Select(x => Times(matrix, x))], [start], 20).Single();
        Assert.Equal(20, found.Values.Length);
        Assert.Equal(expected.Values[^1], found.Values[^1], 1e-8);
        Assert.Equal(expected.Values[0], found.Values[0], 1e-8);
        double norm = Math.Sqrt(start.Sum(x => x * x));
        double[] carried = start;
        for (int times = 0; times <= 19; times++)
        {
            double length = Math.Sqrt(carried.Sum(x => x * x)) / norm;
            Assert.Equal(1, Growth(found, times) / length, 1e-8);
            Assert.Equal(1, Growth(expected, times) / length, 1e-8);
            carried = Times(matrix, carried);
        }
    }

    [Fact]
    public void SeveralMatricesAreTakenAtOnce()
    {
        double[][][] matrices = [Symmetric(9, 1), Symmetric(9, 2)];
        double[][] starts = [Vector(9, 3), Vector(9, 4)];
        var together = Lanczos.Spectra(xs => [.. xs.Select((x, i) => Times(matrices[i], x))], starts, 5);
        for (int i = 0; i < 2; i++)
        {
            int own = i;
            var alone = Lanczos.Spectra(xs => [Times(matrices[own], xs[0])], [starts[i]], 5).Single();
            Assert.Equal(alone.Values, together[i].Values);
            Assert.Equal(alone.Weights, together[i].Weights);
        }
    }

    // In three directions a matrix acts as one of three rows, wherever it begins; a start along one needs one product.
    [Fact]
    public void ItEndsWhereNothingNewComes()
    {
        double[][] matrix = [.. Enumerable.Range(0, 50).Select(i => Enumerable.Range(0, 50).Select(j => i == j ? i % 3 : 0.0).ToArray())];
        var found = Lanczos.Spectra(xs => [.. xs.Select(x => Times(matrix, x))], [Vector(50, 1)], 40).Single();
        Close.All([0, 1, 2], found.Values, 1e-12);
        double[] unit = new double[50];
        unit[4] = 3;
        found = Lanczos.Spectra(xs => [.. xs.Select(x => Times(matrix, x))], [unit], 40).Single();
        Assert.Equal([1.0], found.Values);
        Assert.Equal([1.0], found.Weights);
    }

    [Fact]
    public void WhatIsNotFiniteIsNotANumber()
    {
        var found = Lanczos.Spectra(xs => [.. xs.Select(x => x.Select(_ => double.NaN).ToArray())], [[1, 2]], 2);
        Assert.True(double.IsNaN(found.Single().Values[0]));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.NaN)]
    public void ItBeginsSomewhere(double start) => Assert.Throws<ArgumentException>(() => Lanczos.Spectra(xs => xs, [[start, start]], 2));

    [Fact]
    public void ModuliAreThoseOfComplexEigenvaluesToo()
        => Close.All([2, 2, 0.5], Lanczos.Moduli([[0, 2, 0], [-2, 0, 0], [0, 0, -0.5]]), 1e-12);

    // The length of a vector after products with the matrix, by the moments of the density.
    internal static double Growth(Spectrum of, int times)
        => Math.Sqrt(of.Values.Zip(of.Weights, (value, weight) => weight * Math.Pow(value, 2 * times)).Sum());

    private static double[][] Symmetric(int size, int seed)
    {
        var random = new Random(seed);
        double[][] matrix = [.. Enumerable.Range(0, size).Select(_ => new double[size])];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
                matrix[i][j] = matrix[j][i] = random.NextDouble() - 0.5;
        }

        return matrix;
    }

    private static double[] Vector(int size, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, size).Select(_ => random.NextDouble() - 0.5)];
    }

    private static double[] Times(double[][] matrix, double[] x) => [.. matrix.Select(row => row.Zip(x, (a, b) => a * b).Sum())];
}

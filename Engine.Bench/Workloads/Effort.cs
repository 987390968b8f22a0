namespace Engine.Bench.Workloads;

/// <summary>
/// What work takes at least, however it is done: floating-point operations, of which a fused multiply-add is two, and bytes that
/// come from memory or go there if each input is read and each result is written once. 0 where that is not known.
/// </summary>
/// <param name="Operations">Floating-point operations.</param>
/// <param name="Bytes">Bytes of memory.</param>
internal readonly record struct Effort(double Operations, double Bytes)
{
    private const int FloatBytes = 4;

    /// <summary>A matrix product.</summary>
    public static Effort OfMatMul(double rows, double inner, double columns)
        => new(2 * rows * inner * columns, FloatBytes * ((rows * inner) + (inner * columns) + (rows * columns)));

    /// <summary>A 3 x 3 convolution that keeps the images' size. What a window sees beyond an edge costs nothing.</summary>
    public static Effort OfConvolution(double images, double side, double channelsIn, double channelsOut)
    {
        double taps = ((3 * side) - 2) * ((3 * side) - 2), pixels = images * side * side;
        return new(
            2 * images * taps * channelsIn * channelsOut,
            FloatBytes * ((pixels * (channelsIn + channelsOut)) + (9 * channelsIn * channelsOut)));
    }

    /// <summary>
    /// The products of the Snake network, as if no observation were zero; of memory only the observations, since the rest may stay in
    /// caches.
    /// </summary>
    public static Effort OfSnakeNetwork(int observations)
    {
        double operations = 0;
        int side = SnakeInputs.Side;
        foreach (var weight in SnakeInputs.WeightShapes)
        {
            bool convolves = weight.Rank == 4;
            operations += convolves
                ? OfConvolution(observations, side, weight[2], weight[3]).Operations
                : OfMatMul(observations, weight[0], weight[1]).Operations;
            side = convolves ? side / 2 : side;
        }

        return new(operations, (double)FloatBytes * observations * SnakeInputs.Side * SnakeInputs.Side * SnakeInputs.Planes);
    }
}
